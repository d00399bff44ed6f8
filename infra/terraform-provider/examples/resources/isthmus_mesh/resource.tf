resource "isthmus_mesh" "prod" {
  name         = "prod"
  trust_domain = "prod.acme.example"
}
