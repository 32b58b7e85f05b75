-- anywhere → out: the row is final. ARGV: id, epoch ('' : wherever it stands, as after a 250), ms of cool-down that start now (0: none),
-- cool-down key (for a job that Redis has lost). Answers 1, or 0: the lease is another's by now.
local id, cool = ARGV[1], tonumber(ARGV[3])
if ARGV[2] ~= '' and not is_leased(id, ARGV[2]) then
	return 0
end
if state_of(id) ~= 'out' and not allows('finish', state_of(id), 'out') then
	return 0
end
local key = prefix .. 'cool:' .. ARGV[4]
local holder = redis.call('GET', key)
if cool > 0 and (not holder or holder == id) then
	redis.call('SET', key, id, 'PX', ARGV[3])
elseif holder == id then
	redis.call('DEL', key)
end
local sending, lane, class, relay = unpack(redis.call('HMGET', job_key(id), 'sending', 'lane', 'class', 'relay'))
if sending then
	for _, one in ipairs({lane, relay_lane(relay or '')}) do
		redis.call('DEL', prefix .. 'trouble:' .. one)
		limit_grow(one, class)
	end
else
	pace_give_back(id)
end
leave(id)
redis.call('DEL', job_key(id))
return 1
