data "isthmus_services" "shop" {
  mesh_id   = data.isthmus_mesh.prod.id
  namespace = "shop"
}

output "hosts" {
  value = data.isthmus_services.shop.services[*].host
}
