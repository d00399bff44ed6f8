data "isthmus_mesh" "prod" {
  name = "prod"
}
