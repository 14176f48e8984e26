/**
 * Admits holds. The batch: force (1 restores without asking for room), chains, holds of {id, chain from 1, expires, placed, started, six limbs,
 * start, window counters to restore as JSON or nothing}; a slice comes alone. ARGV from 5: the rest of each hold. Per hold the reply is 0
 * for a known id, 1 or {1, window counters as JSON, soft limits passed} for a grant, {2, shortfalls} for a refusal, 3 for a session without an
 * open slice, 4 for all when it is later than the batch's deadline (ms of Redis's clock, 0 for none): whoever asked has gone; both lists are rows of account, window, unit, then limbs of limit, spent, held, needed.
 */
export const PLACE = `
local clock = redis.call('TIME')
if batch[4] > 0 and clock[1] * 1000 + clock[2] / 1000 > batch[4] then
  for i = 1, #batch[3] do reply[i + 1] = 4 end
  return reply
end
local force, holds, plans = batch[1] == 1, batch[3], {}
local ids, accounts, seen = {}, {}, {}
for i, h in ipairs(holds) do ids[i] = h[1] end
local live = redis.call('HMGET', KEYS[4], unpack(ids))
local ended = redis.call('MGET', unpack(KEYS, 6))
local sliceIds = {}
for _, json in ipairs(batch[2]) do
  local chain = chainOf(json)
  if chain[2] ~= '' then sliceIds[chain[2]] = true end
  for _, account in ipairs(chain[1]) do
    want(account)
    if not seen[account] then
      seen[account] = true
      accounts[#accounts + 1] = account
    end
  end
end
local limits = fieldsOf(KEYS[3], accounts)
local rows = {}
for _, account in ipairs(accounts) do
  local list, packed = {}, limits[account]
  for at = 1, packed and #packed or 0, 40 do list[#list + 1] = {unpackDoubles(LIMIT, packed, at)} end
  rows[account] = list
end
for _, json in ipairs(batch[2]) do
  local chain = chainOf(json)
  for _, account in ipairs(chain[1]) do
    for _, row in ipairs(rows[account]) do
      if row[1] > 0 then want(counterName(row[1], chain[3], account)) end
    end
  end
end
if next(sliceIds) then loadSlices(sliceIds, {}) end
for _, h in ipairs(holds) do
  if #chainOf(batch[2][h[2]])[4] > 0 then want('session:' .. h[1]) end
end
if force then
  for _, h in ipairs(holds) do
    for _, name in ipairs(h[13] ~= '' and chainOf(h[13]) or {}) do want(name) end
  end
end
load()
for i, json in ipairs(batch[2]) do
  local chain = chainOf(json)
  local slice = slices[chain[2]]
  local plan = {json = json, checks = {}, counters = {}, windows = '', sliceId = chain[2], slice = slice, size = chain[4]}
  local names, listed, given = {}, {}, {}
  if slice then
    for _, account in ipairs(chainOf(slice.chain)[1]) do given[account] = true end
    for _, name in ipairs(noted(slice)) do given[name] = true end
    for _, account in ipairs(chain[1]) do plan.inSession = plan.inSession or account == 'session:' .. chain[2] end
  end
  for _, account in ipairs(chain[1]) do
    plan.counters[#plan.counters + 1] = counters[account]
    for _, row in ipairs(rows[account]) do
      local name = account
      if row[1] > 0 then
        name = counterName(row[1], chain[3], account)
        if not listed[name] then
          listed[name] = true
          names[#names + 1] = name
          plan.counters[#plan.counters + 1] = counters[name]
        end
      end
      plan.checks[#plan.checks + 1] = {counters[name], row[2], row[3] == 1, row[4], row[5], account, row[1], given[name]}
    end
  end
  if #names > 0 then plan.windows = cjson.encode(names) end
  plans[i] = plan
end
local function inUnit(c, at, unit)
  if unit == 1 then return c[at], c[at + 1] end
  if unit == 3 then return c[at + 2], c[at + 3] end
  if unit == 4 then return c[at + 4], c[at + 5] end
  return c[at + 2] + c[at + 4], c[at + 3] + c[at + 5]
end
local function neededOf(check, h)
  local high, low = inUnit(h, 6, check[2])
  if check[8] and h.gift then
    local giftHigh, giftLow = inUnit(h.gift, 1, check[2])
    high, low = high - giftHigh, low - giftLow
  end
  local carry = floor(low / B)
  return high + carry, low - carry * B
end
local function rowOf(check, h)
  local row = {check[6], check[7], check[2], text(check[4]), text(check[5])}
  local function put(high, low)
    row[#row + 1] = text(high)
    row[#row + 1] = text(low)
  end
  put(inUnit(check[1], 1, check[2]))
  put(inUnit(check[1], 7, check[2]))
  put(neededOf(check, h))
  return row
end
local function passes(check, h)
  local nh, nl = neededOf(check, h)
  local uh, ul = nh, nl
  if check[3] then uh, ul = inUnit(h, 6, check[2]) end
  if uh < 0 or (uh == 0 and ul == 0) then return false end
  local c, unit = check[1], check[2]
  local sh, sl = inUnit(c, 1, unit)
  local hh, hl = inUnit(c, 7, unit)
  local low = sl + hl + nl
  local carry = floor(low / B)
  local high = sh + hh + nh + carry
  low = low - carry * B
  return high > check[4] or (high == check[4] and low > check[5])
end
local function giftOf(slice, h)
  local rest, gift = restOf(slice, h), {}
  for i = 1, 6 do gift[i] = slice[6 + i] - rest[i] end
  return gift
end
local newHolds, newExpiries, placed = {}, {}, {}
local function putBack(h, plan, windows, rest)
  for _, c in ipairs(plan.counters) do
    add(c, 7, h, 6)
    c[13] = c[13] + 1
    c.there = true
  end
  placed[h[1]] = true
  newHolds[#newHolds + 1] = h[1]
  local packed = packDoubles(HOLD, 0, h[5], 0, h[4], h[3], 0, h[6], h[7], h[8], h[9], h[10], h[11],
    0, 0, 0, 0, 0, 0, h[12], #plan.json, #windows) .. plan.json .. windows .. rest
  newHolds[#newHolds + 1] = packed
  newExpiries[#newExpiries + 1] = h[3]
  newExpiries[#newExpiries + 1] = h[1]
  if plan.slice then align(plan.sliceId) end
  if #plan.size > 0 then
    limitSession(h[1], plan.size)
    slices[h[1]] = parseHold(packed)
    slices[h[1]].id = h[1]
    align(h[1])
  end
end
local function restore(h, plan, rest)
  local own = {json = plan.json, counters = {}, sliceId = plan.sliceId, slice = plan.slice, size = plan.size}
  for _, account in ipairs(chainOf(plan.json)[1]) do own.counters[#own.counters + 1] = counters[account] end
  for _, name in ipairs(h[13] ~= '' and chainOf(h[13]) or {}) do own.counters[#own.counters + 1] = counters[name] end
  putBack(h, own, h[13], rest)
  return 1
end
local function place(h, plan, rest)
  if plan.sliceId ~= '' then
    if not plan.slice or plan.slice[5] <= h[4] then return 3 end
    h.gift = plan.inSession and giftOf(plan.slice, h) or nil
  end
  local soft, refused = {}, {}
  for _, check in ipairs(plan.checks) do
    if passes(check, h) then
      local rows = check[3] and soft or refused
      rows[#rows + 1] = rowOf(check, h)
    end
  end
  if #refused > 0 then return {2, refused} end
  putBack(h, plan, plan.windows, rest)
  return (#soft > 0 or plan.windows ~= '') and {1, plan.windows, soft} or 1
end
for i, h in ipairs(holds) do
  local plan, rest = plans[h[2]], ARGV[i + 4]
  if live[i] or ended[i] or placed[h[1]] then
    reply[i + 1] = 0
  else
    reply[i + 1] = (force and restore or place)(h, plan, rest)
  end
end
if #newHolds > 0 then
  for id, slice in pairs(slices) do
    if slice.changed then
      newHolds[#newHolds + 1] = id
      newHolds[#newHolds + 1] = packHold(slice)
    end
  end
  save()
  write('HSET', KEYS[4], newHolds)
  write('ZADD', KEYS[5], newExpiries)
end
return reply
`;
