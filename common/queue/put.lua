-- nothing → ready, uncertain or held: a job that Redis does not know yet, or that stands nowhere, gets its hash and its one place. ready → ready: its
-- person asked again, and by its row it is due sooner; once for each time that the row was changed so. Anything else moves nothing.
-- ARGV: id, place ('' for who has no mail that waits), ms from now, class, lane, mail, cool-down key, ms for which that key is reserved (0: not at all),
-- when a repeat made it due (0: none did). Answers 1 if it was moved, or 0.
local id, place, ms, brought = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[9]
local key, again = job_key(id), stands(id)
local known = again and (brought == '0' or redis.call('HGET', key, 'brought') == brought)
if known or not allows('put', again and state_of(id) or 'out', place) then
	redis.call('SET', prefix .. 'repeat', whole(now)) -- a write as after any other click, so that no time tells whose mail was moved
	return 0
end
if brought ~= '0' then
	redis.call('HSET', key, 'brought', brought)
end
if again then
	leave(id)
else
	redis.call('HSET', key, 'class', ARGV[4], 'lane', ARGV[5], 'mail', ARGV[6], 'put', whole(now))
	if tonumber(ARGV[8]) > 0 then
		redis.call('SET', prefix .. 'cool:' .. ARGV[7], id, 'PX', ARGV[8])
	end
end
enter(id, place, now + math.max(ms, 0))
return 1
