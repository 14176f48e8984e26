/**
 * Holds as the scripts read and write them: 21 doubles (1 state, 2 started, 3 rank, 4 placed, 5 expires, 6 ended, from 7 six limbs held, from 13
 * six limbs charged, 19 the attempt's start, two lengths), then the chain, the window counters it is held on as JSON, and the rest, which no
 * script reads. A chain is JSON: accounts, the slice that pays, beginnings of the four windows, the size of a slice as rows of unit and limbs.
 */
export const HOLDS = `
local HOLD = '>' .. string.rep('d', 21)
local FIRST = 168
local chains = {}
local function chainOf(json)
  local chain = chains[json]
  if not chain then
    chain = cjson.decode(json)
    chains[json] = chain
  end
  return chain
end
local function counterName(window, beginnings, account)
  return WINDOWS[window] .. '@' .. beginnings[window] .. '|' .. account
end
local function packHold(h)
  return packDoubles(HOLD, h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15],
    h[16], h[17], h[18], h[19], #h.chain, #h.windows) .. h.chain .. h.windows .. h.rest
end
local function parseHold(v)
  local h = {unpackDoubles(HOLD, v)}
  local chainEnd = FIRST + h[20]
  h.chain = string.sub(v, FIRST + 1, chainEnd)
  h.windows = string.sub(v, chainEnd + 1, chainEnd + h[21])
  h.rest = string.sub(v, chainEnd + h[21] + 1)
  return h
end
local function noted(h)
  return h.windows ~= '' and chainOf(h.windows) or {}
end
local function wantHeld(h)
  for _, account in ipairs(chainOf(h.chain)[1]) do want(account) end
  for _, name in ipairs(noted(h)) do want(name) end
end
local function eachHeld(h, call)
  for _, account in ipairs(chainOf(h.chain)[1]) do call(counters[account]) end
  for _, name in ipairs(noted(h)) do
    if counters[name].there then call(counters[name]) end
  end
end

local slices = {}
local function loadSlices(ids, states)
  local names = {}
  for id in pairs(ids) do names[#names + 1] = id end
  for id, v in pairs(fieldsOf(KEYS[4], names)) do
    local slice = v and (states[id] or parseHold(v))
    if slice and slice[1] == 0 and #chainOf(slice.chain)[4] > 0 then
      slice.id = id
      slices[id] = slice
      want('session:' .. id)
      wantHeld(slice)
    end
  end
end
local function restOf(slice, more)
  local session, rest = counters['session:' .. slice.id], {0, 0, 0, 0, 0, 0}
  for _, row in ipairs(chainOf(slice.chain)[4]) do
    local at = row[1] == 1 and 1 or row[1] == 3 and 3 or row[1] == 4 and 5
    if at then
      rest[at], rest[at + 1] = row[2], row[3]
      shift(rest, at, -session[at], -session[at + 1])
      shift(rest, at, -session[at + 6], -session[at + 7])
      if more then shift(rest, at, -more[at + 5], -more[at + 6]) end
      if rest[at] < 0 then rest[at], rest[at + 1] = 0, 0 end
    end
  end
  return rest
end
local function align(id)
  local slice = slices[id]
  if not slice or slice[1] ~= 0 then return end
  local rest, change, any = restOf(slice), {}, false
  for i = 1, 6 do
    change[i] = rest[i] - slice[6 + i]
    any = any or change[i] ~= 0
    slice[6 + i] = rest[i]
  end
  if not any then return end
  eachHeld(slice, function(c) add(c, 7, change, 1) end)
  slice.changed = true
end
local function alignSessions(accounts)
  for _, account in ipairs(accounts) do
    local id = string.match(account, '^session:(.+)$')
    if id then align(id) end
  end
end
local function limitSession(id, size)
  local name, kept = 'session:' .. id, {}
  local packed = redis.call('HGET', KEYS[3], name) or ''
  for at = 1, #packed, 40 do
    local window, _, soft = unpackDoubles(LIMIT, packed, at)
    if window ~= 0 or soft == 1 then kept[#kept + 1] = string.sub(packed, at, at + 39) end
  end
  for _, row in ipairs(size) do kept[#kept + 1] = packDoubles(LIMIT, 0, row[1], 0, row[2], row[3]) end
  if #kept == 0 then redis.call('HDEL', KEYS[3], name) else redis.call('HSET', KEYS[3], name, table.concat(kept)) end
end
`;
