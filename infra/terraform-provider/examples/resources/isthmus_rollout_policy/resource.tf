resource "isthmus_rollout_policy" "prod" {
  mesh_id      = isthmus_mesh.prod.id
  drift_policy = "REVERT"
  waves = [
    { cluster_selector = "env=canary" },
    { each = "REGION" },
  ]
  gate = { soak_seconds = 300 }
}
