-- A claim is healthy when it has the size that Git wants. Argo CD's own check looks at the phase alone, and a
-- growth that hangs or can't be done stays Healthy for it.
local units = { [""] = 1, m = 0.001, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 2 ^ 10, Mi = 2 ^ 20, Gi = 2 ^ 30, Ti = 2 ^ 40, Pi = 2 ^ 50, Ei = 2 ^ 60 }
local late = { ["buildingos-block"] = true } -- classes that bind with the first pod: WaitForFirstConsumer

local function bytes(text)
  local said = tostring(text or "")
  local number, unit = string.match(said, "^([%d.]+)(%a*)$")
  if number and units[unit] then
    return tonumber(number) * units[unit]
  end
  local base, power = string.match(said, "^([%d.]+)[eE]([+-]?%d+)$") -- Argo CD's Lua reads no 5e9
  return base and tonumber(base) * 10 ^ tonumber(power)
end

local function health(status, message)
  return { status = status, message = message }
end

local status = obj.status or {}
local phase = status.phase or "Pending"
if phase == "Lost" then
  return health("Degraded", "the volume is gone")
end
if phase ~= "Bound" then
  local noted = (obj.metadata.annotations or {})["volume.kubernetes.io/selected-node"]
  if late[obj.spec.storageClassName or ""] and not noted then
    return health("Healthy", "waits for its first pod")
  end
  return health("Progressing", "not bound yet")
end

local growth = (status.allocatedResourceStatuses or {}).storage
local infeasible = growth == "ControllerResizeInfeasible" or growth == "NodeResizeInfeasible"
local wrong, restart
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    if condition.type == "ControllerResizeError" or condition.type == "NodeResizeError" then
      wrong = condition.type .. ": " .. (condition.message or "")
    end
    restart = restart or condition.type == "FileSystemResizePending"
  end
end
if infeasible then
  return health("Degraded", "the growth can't be done: " .. (wrong or growth))
end
if wrong then
  return health("Degraded", wrong)
end
if restart then
  return health("Healthy", "the file system grows with the next start of the pod")
end

-- A driver may round up, so more than was asked for is what was asked for.
local wanted, there = bytes(obj.spec.resources.requests.storage), bytes((status.capacity or {}).storage)
if growth or not wanted or not there or there < wanted then
  return health("Progressing", "grows to " .. tostring(obj.spec.resources.requests.storage))
end
return health("Healthy", "")
