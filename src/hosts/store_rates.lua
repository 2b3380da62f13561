-- SPDX-License-Identifier: ISC
--
-- What stands before store_lease.lua, behind store_read.lua, and is one script
-- with them: what it was given, and how rates and windows are reckoned with
-- (throttle/lease_math.h, throttle/window.c).

local SLOTS, GAPS = 256, 40

-- Reading

local function words(text, n, what)
	local list = {}
	for word in string.gmatch(text, '%S+') do
		list[#list + 1] = whole(word, what)
	end
	if #list < n or (n > 0 and #list ~= n) then
		bad = bad or what
		for i = #list + 1, n do
			list[i] = 0
		end
	end
	return list
end

local run, holder = ARGV[1], ARGV[3]
local q = {}
for i, name in ipairs({ 'run', 'stepped', 'holder', 'weight', 'demand', 'first',
    'horizon', 'guard', 'last', 'counted', 'unused', 'returned', 'pause',
    'opened', 'longest', 'guard_max', 'gained', 'gained_at', 'leaves', 'ago',
    'heeded', 'orders', 'n' }) do
	q[name] = tonumber(ARGV[i]) or 0
end

local function rate_new(capacity, period, burst, strict)
	-- a window allows no more than a whole bucket does
	return {
		capacity = max(capacity, 1), period = max(period, 1),
		burst = burst, strict = strict,
		bucket = not strict or burst < capacity,
	}
end

local rates = {}
for i = 1, q.n do
	local at = 23 + 5 * (i - 1)
	rates[i] = rate_new(tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]),
	    tonumber(ARGV[at + 3]), ARGV[at + 4] == '1')
	rates[i].id = table.concat(ARGV, ':', at + 1, at + 4)
	rates[i].ends = tonumber(ARGV[at + 5])
end

local got = redis.pcall('HGETALL', KEYS[1])
if got.err then
	return got
end
local s = {}
for i = 1, #got, 2 do
	s[got[i]] = got[i + 1]
end

local function field(name)
	return s[name] and whole(s[name], name) or 0
end

-- Rates

local function gcd(a, b)
	while b > 0 do
		a, b = b, a % b
	end
	return a
end

-- a * b / c, in whole numbers; one more where that is too much to be exact
local function ratio(a, b, c, up)
	local g = gcd(b, c)
	b, c = b / g, c / g
	local product = a * b
	if product <= MOST - c then
		local rest = product % c
		return (product - rest) / c + (up and rest > 0 and 1 or 0)
	end
	return floor(product / c) + (up and 1 or 0)
end

local function span(r, cost)
	return ratio(cost, r.period, r.capacity, true)
end

local function given(r, time)
	return ratio(time, r.capacity, r.period, false)
end

-- Windows

local function window_room(w)
	return max(w.capacity - w.flying - w.counted, 0)
end

local function window_put(w, cost, slot)
	if cost > 0 then
		w.slots[slot] = (w.slots[slot] or 0) + cost
		w.counted = w.counted + cost
	end
end

local function window_pay(w)
	local part = min(w.debt, window_room(w))
	w.debt = w.debt - part
	window_put(w, part, w.newest)
end

local function window_forget(w, slot)
	w.counted = w.counted - (w.slots[slot] or 0)
	w.slots[slot] = nil
end

-- With each whole round a debt takes the places that it had before.
local function window_skip(w, newest)
	local rounds = floor((newest - w.newest) / SLOTS)
	local slots = {}
	rounds = min(rounds, floor(w.debt / w.counted))
	w.debt = w.debt - rounds * w.counted
	for slot, cost in pairs(w.slots) do
		slots[slot + rounds * SLOTS] = cost
	end
	w.slots = slots
	w.newest = w.newest + rounds * SLOTS
end

local function window_tick(w, now)
	local newest = floor(now / w.length)
	if newest <= w.newest then
		return
	end
	if w.debt > 0 and w.counted > 0 then
		window_skip(w, newest)
		while w.newest < newest and w.counted > 0 do
			w.newest = w.newest + 1
			window_forget(w, w.newest - SLOTS)
			window_pay(w)
		end
	end
	w.newest = newest
	for slot in pairs(w.slots) do
		if slot <= newest - SLOTS then
			window_forget(w, slot)
		end
	end
end

local function window_has_room(w, cost)
	return w.debt == 0 and window_room(w) >= min(cost, w.capacity)
end

-- When so much of what was counted is free.
local function window_freed(w, amount)
	local so_far, i = 0, 0
	while so_far < amount and i < SLOTS do
		i = i + 1
		so_far = so_far + (w.slots[w.newest + i - SLOTS] or 0)
	end
	return w.newest + i
end

local function window_due(w, cost)
	local need, rounds = min(cost, w.capacity), 0
	if w.flying + need > w.capacity then
		return nil
	end
	need = need + w.flying + w.counted + w.debt - w.capacity
	if need <= 0 then
		return 0
	end
	if w.counted > 0 and need > w.counted then
		rounds = floor((need - 1) / w.counted)
		need = need - rounds * w.counted
	end
	return (window_freed(w, need) + rounds * SLOTS) * w.length
end

local function window_count(w, cost)
	local part = min(cost, w.capacity)
	w.flying = w.flying - cost
	window_put(w, part, w.newest)
	w.debt = w.debt + cost - part
	window_pay(w)
end

local function window_drop(w, cost)
	w.flying = w.flying - cost
	window_pay(w)
end

local function window_new(r)
	return {
		capacity = r.capacity,
		length = floor((r.period + SLOTS - 2) / (SLOTS - 1)),
		flying = 0, counted = 0, debt = 0, newest = 0, slots = {},
	}
end

-- One of which all is occupied.
local function window_full(r, at)
	local w = window_new(r)
	window_tick(w, at)
	window_put(w, w.capacity, w.newest)
	return w
end

local function window_read(r, text, what)
	local w, list = window_new(r), words(text, 0, what)
	if #list < 3 or #list % 2 == 0 then
		bad = bad or what
		return w
	end
	w.newest, w.flying, w.debt = list[1], list[2], list[3]
	for i = 4, #list, 2 do
		window_put(w, list[i + 1], list[i])
	end
	return w
end

local function window_text(w)
	local list = { digits(w.newest), digits(w.flying), digits(w.debt) }
	for slot, cost in pairs(w.slots) do
		list[#list + 1] = digits(slot)
		list[#list + 1] = digits(cost)
	end
	return table.concat(list, ' ')
end

