resource "isthmus_cluster" "berlin" {
  mesh_id  = isthmus_mesh.prod.id
  name     = "berlin"
  network  = "berlin"
  locality = "eu-central/a"
  cidrs    = ["10.0.0.0/8"]
  labels   = { env = "prod" }
  channel  = "STABLE"
}
