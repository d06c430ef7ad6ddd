-- The health of an Application among the objects of another one: waves wait for it. Argo CD has none since 1.8.
local status = obj.status or {}
local health = status.health or {}
if not health.status then
  return { status = "Progressing", message = "not looked at yet" }
end
return { status = health.status, message = health.message or "" }
