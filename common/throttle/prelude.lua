-- Comes before each script. A key holds one number, the microsecond at which its budget will be whole again (the GCRA of ATM's traffic
-- management); no key, no debt. The time is Redis' own: the clocks of workers and hosts do not matter.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function debt(key)
	return math.max((tonumber(redis.call('GET', key)) or 0) - now, 0)
end

local function owe(key, us)
	if us > 0 then
		redis.call('SET', key, string.format('%.0f', now + us), 'PX', string.format('%.0f', math.ceil(us / 1000)))
	else
		redis.call('DEL', key)
	end
end
