-- Moves nothing: ends the cool-down ARGV[1], so that the next request may leave at once.
return redis.call('DEL', prefix .. 'cool:' .. ARGV[1])
