data "isthmus_organization" "ours" {}
