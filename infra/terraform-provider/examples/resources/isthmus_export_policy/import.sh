# Id of the mesh, and that of the policy.
terraform import isthmus_export_policy.shop mesh_0198f0c2b7d07a3e8c9d2f4a5b6c7d8e/exportpolicy_0198f0c2b7d07a3e8c9d2f4a5b6c7d8e
