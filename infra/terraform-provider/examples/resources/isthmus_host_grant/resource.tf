resource "isthmus_host_grant" "payments" {
  mesh_id     = isthmus_mesh.prod.id
  namespace   = "shop"
  service     = "payments"
  cluster_ids = [isthmus_cluster.berlin.id]
}
