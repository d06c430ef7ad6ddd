-- A controller behind a NodePort or on the nodes' own addresses never reports one, and Argo CD's own check would wait
-- for it for ever.
local status = obj.status or {}
local addresses = (status.loadBalancer or {}).ingress or {}
if #addresses == 0 then
  return { status = "Healthy", message = "no address reported" }
end
return { status = "Healthy", message = "" }
