resource "isthmus_api_token" "pipeline" {
  name       = "pipeline"
  role       = "OPERATOR"
  namespaces = ["shop"]
  expires_at = "2027-01-31T00:00:00Z"
}
