data "isthmus_agent_installation" "ours" {}

# The agent as a release of the Helm provider, with the kubeconfig of the cluster. Its token is in a Secret, as the
# example of isthmus_join_token makes it.
resource "helm_release" "agent" {
  name      = data.isthmus_agent_installation.ours.release_name
  namespace = data.isthmus_agent_installation.ours.namespace
  chart     = data.isthmus_agent_installation.ours.chart
  version   = data.isthmus_agent_installation.ours.chart_version

  set = [
    { name = "hub.address", value = data.isthmus_agent_installation.ours.hub_address },
    { name = "hub.caBundle", value = base64encode(data.isthmus_agent_installation.ours.hub_ca_bundle) },
    { name = "existingSecret", value = kubernetes_secret_v1.join_token.metadata[0].name },
  ]
}
