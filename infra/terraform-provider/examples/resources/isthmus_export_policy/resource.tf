resource "isthmus_export_policy" "shop" {
  mesh_id            = isthmus_mesh.prod.id
  name               = "shop"
  namespace_selector = { match_labels = { team = "shop" } }
  service_selector = {
    match_expressions = [
      { key = "tier", operator = "In", values = ["front", "back"] },
      { key = "internal", operator = "DoesNotExist" },
    ]
  }
}
