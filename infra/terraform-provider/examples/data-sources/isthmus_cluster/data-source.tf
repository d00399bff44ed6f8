data "isthmus_cluster" "berlin" {
  mesh_id = data.isthmus_mesh.prod.id
  name    = "berlin"

  lifecycle {
    postcondition {
      condition     = self.status == "CONNECTED"
      error_message = "The agent of ${self.name} is not there."
    }
  }
}
