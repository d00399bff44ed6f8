data "isthmus_meshes" "all" {}
