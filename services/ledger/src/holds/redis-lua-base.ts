/**
 * What all scripts share. An amount is two limbs, value = high * 10^9 + low with 0 <= low < 10^9, so that no number passes 2^53. A script
 * takes a whole batch: it reads each counter once, decides one after the other, and writes each counter once, because the number of commands is
 * what it costs.
 *
 * KEYS: 1 what the fence compares, 2 counters, 3 limits, 4 live holds, 5 live holds by expiry, then the ended holds the batch may touch.
 * ARGV: 1 epoch, 2 and 3 this writer and how many of its steps were stored when it last looked, 4 the batch as JSON.
 *
 * A counter is {spent, held} as twelve limbs and the number of holds; one of a window exists while its account has a limit there. Limits of an
 * account are rows of five doubles: window (0 the total), unit from 1, 1 if soft, two limbs.
 */
export const BASE = `
local B, floor, num, format = 1000000000, math.floor, tonumber, string.format
local unpackDoubles, packDoubles = struct.unpack, struct.pack
local COUNTER, LIMIT = '>' .. string.rep('d', 13), '>ddddd'
local WINDOWS = {'hour', 'day', 'week', 'month'}
local STEP = 2000

local function text(n) return format('%.0f', n) end

local fence = redis.call('HMGET', KEYS[1], 'epoch', ARGV[2])
if fence[1] ~= ARGV[1] or num(fence[2] or 0) < num(ARGV[3]) then return {'fenced', fence[1] or ''} end
local reply = {redis.call('HINCRBY', KEYS[1], ARGV[2], 1)}
local batch = cjson.decode(ARGV[4])

local function inSteps(list, call)
  for i = 1, #list, STEP do call({unpack(list, i, math.min(i + STEP - 1, #list))}, i - 1) end
end
local function write(command, key, list)
  inSteps(list, function(part) redis.call(command, key, unpack(part)) end)
end
local function fieldsOf(key, names)
  local found = {}
  inSteps(names, function(part)
    for i, v in ipairs(redis.call('HMGET', key, unpack(part))) do found[part[i]] = v end
  end)
  return found
end

local counters, wanted = {}, {}
local function want(name)
  if counters[name] == nil then
    counters[name] = false
    wanted[#wanted + 1] = name
  end
end
local function load()
  local found = fieldsOf(KEYS[2], wanted)
  for _, name in ipairs(wanted) do
    local c = found[name] and {unpackDoubles(COUNTER, found[name])} or {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
    c.name = name
    c.there = found[name] and true or false
    counters[name] = c
  end
  wanted = {}
end
local function shift(c, at, high, low)
  local l = c[at + 1] + low
  local h = c[at] + high
  if l >= B then h = h + 1; l = l - B elseif l < 0 then h = h - 1; l = l + B end
  c[at] = h
  c[at + 1] = l
end
local function add(c, at, x, from)
  shift(c, at, x[from], x[from + 1])
  shift(c, at + 2, x[from + 2], x[from + 3])
  shift(c, at + 4, x[from + 4], x[from + 5])
  c.changed = true
end
local function take(c, at, x, from)
  shift(c, at, -x[from], -x[from + 1])
  shift(c, at + 2, -x[from + 2], -x[from + 3])
  shift(c, at + 4, -x[from + 4], -x[from + 5])
  c.changed = true
end
local function save()
  local pairsToWrite = {}
  for _, c in pairs(counters) do
    if c and c.changed then
      pairsToWrite[#pairsToWrite + 1] = c.name
      pairsToWrite[#pairsToWrite + 1] =
        packDoubles(COUNTER, c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13])
    end
  end
  write('HSET', KEYS[2], pairsToWrite)
end
`;
