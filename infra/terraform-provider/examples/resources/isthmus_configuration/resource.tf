resource "isthmus_configuration" "shop" {
  mesh_id = isthmus_mesh.prod.id
  folder  = "teams/shop"
  files   = { for path in fileset("${path.module}/shop", "**/*.yaml") : path => file("${path.module}/shop/${path}") }
  message = "only the shop may pay"

  timeouts = { create = "1h", update = "1h" }
}
