ephemeral "isthmus_join_token" "berlin" {
  cluster_id = isthmus_cluster.berlin.id
}

# Installs the agent, once, with the kubeconfig of the cluster.
resource "terraform_data" "agent" {
  triggers_replace = isthmus_cluster.berlin.id

  provisioner "local-exec" {
    command     = "eval \"$HELM_COMMAND\""
    environment = { HELM_COMMAND = ephemeral.isthmus_join_token.berlin.helm_command }
  }
}

# Or hands the token to a chart that something else installs, with `existingSecret`. A later token
# changes nothing here as long as the revision does not change.
resource "kubernetes_secret_v1" "join_token" {
  metadata {
    name      = "isthmus-join-token"
    namespace = "isthmus-system"
  }
  data_wo          = { token = ephemeral.isthmus_join_token.berlin.token }
  data_wo_revision = 1
}
