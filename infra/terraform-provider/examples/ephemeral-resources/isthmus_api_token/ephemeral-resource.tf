ephemeral "isthmus_api_token" "run" {
  name     = "a run of Terraform"
  role     = "VIEWER"
  lifetime = "30m"
}
