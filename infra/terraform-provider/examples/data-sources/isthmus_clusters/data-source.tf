data "isthmus_clusters" "lost" {
  mesh_id = data.isthmus_mesh.prod.id
  status  = "OUT_OF_CONTACT"
  labels  = { env = "prod" }
}
