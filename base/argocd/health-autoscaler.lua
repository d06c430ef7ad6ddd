-- An autoscaler without metrics keeps the replicas that it has, and the service works: as on the first minute of every
-- environment. Argo CD's own check calls the whole service Degraded then.
local status = obj.status or {}
local message = ""
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "AbleToScale" and condition.status == "False" then
    return { status = "Degraded", message = condition.message or condition.reason or "" }
  end
  if condition.type == "ScalingActive" and condition.status == "False" then
    message = condition.message or condition.reason or ""
  end
end
return { status = "Healthy", message = message }
