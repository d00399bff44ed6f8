resource "isthmus_upgrade_settings" "prod" {
  mesh_id          = isthmus_mesh.prod.id
  max_in_flight    = 2
  require_approval = true

  windows = [
    {
      name             = "nights"
      cluster_selector = "env=prod"
      days             = ["SATURDAY", "SUNDAY"]
      opens            = "22:30"
      minutes          = 480
      time_zone        = "Europe/Zurich"
    },
  ]
  freezes = [{ name = "holidays", from = "2027-12-20T00:00:00Z", until = "2028-01-03T00:00:00Z" }]

  policy = {
    canary_namespaces = ["canary"]
    waves             = [{ cluster_selector = "env=canary" }, { each = "REGION" }]
  }
  charts = {
    values = jsonencode({ pilot = { resources = { requests = { cpu = "1" } } } })
  }
}
