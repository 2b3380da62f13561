-- SPDX-License-Identifier: ISC
--
-- What stands before both scripts of a store, and is one script with each: how
-- numbers are read and written, which are whole and below 2^53.

local MOST, HOLDERS = 2 ^ 53 - 1, 128
local floor, max, min = math.floor, math.max, math.min

local function digits(x)
	return string.format('%.0f', x)
end

local bad

local function whole(text, what)
	local x = tonumber(text)
	if not x or x < 0 or x > MOST or x ~= floor(x) then
		bad = bad or what
		return 0
	end
	return x
end
