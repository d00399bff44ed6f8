# A whole mesh: two clusters, what they export, who may own a host, how changes make their way, a
# release, when Istio is upgraded, and who is told what happens. Clusters join by the command of
# `isthmus cluster join`, or by what isthmus_agent_installation and isthmus_join_token tell.

terraform {
  required_providers {
    isthmus = {
      source = "isthmus/isthmus"
    }
  }
}

provider "isthmus" {}

resource "isthmus_mesh" "prod" {
  name = "prod"
}

locals {
  clusters = {
    cloud  = { network = "cloud", locality = "eu-central-1/a", env = "canary", channel = "RAPID" }
    onprem = { network = "cellar", locality = "zurich", env = "prod", channel = "STABLE" }
  }
}

resource "isthmus_cluster" "all" {
  for_each = local.clusters

  mesh_id  = isthmus_mesh.prod.id
  name     = each.key
  network  = each.value.network
  locality = each.value.locality
  labels   = { env = each.value.env }
  channel  = each.value.channel
}

resource "isthmus_export_policy" "shop" {
  mesh_id            = isthmus_mesh.prod.id
  name               = "shop"
  namespace_selector = { match_labels = { team = "shop" } }
}

resource "isthmus_host_grant" "payments" {
  mesh_id     = isthmus_mesh.prod.id
  namespace   = "shop"
  service     = "payments"
  cluster_ids = [isthmus_cluster.all["onprem"].id]
}

resource "isthmus_rollout_policy" "prod" {
  mesh_id = isthmus_mesh.prod.id
  waves   = [{ cluster_selector = "env=canary" }]
}

resource "isthmus_upgrade_settings" "prod" {
  mesh_id = isthmus_mesh.prod.id
  windows = [
    { name = "nights", days = ["SATURDAY"], opens = "22:00", minutes = 360, time_zone = "Europe/Zurich" },
  ]
}

resource "isthmus_configuration" "shop" {
  mesh_id = isthmus_mesh.prod.id
  folder  = "shop"
  message = "only the shop may pay"
  files = {
    "payments.yaml" = yamlencode({
      apiVersion = "isthmus.dev/v1alpha1"
      kind       = "AccessPolicy"
      metadata   = { name = "payments", namespace = "shop" }
      spec       = { service = "payments", allow = [{ from = [{ namespace = "shop" }] }] }
    })
  }
  # Its waves go by the labels of the clusters.
  depends_on = [isthmus_cluster.all, isthmus_rollout_policy.prod]

  # The clusters are registered, and join when their Helm commands are run.
  wait_for_rollout = false
}

resource "isthmus_webhook" "on_call" {
  name    = "on-call"
  url     = "https://hooks.acme.example/isthmus"
  mesh_id = isthmus_mesh.prod.id
  types   = ["rollout.halted", "upgrade.halted", "cluster.out_of_contact", "trust"]
}
