import {
  to = isthmus_cluster.berlin
  identity = {
    id = "cluster_0198f0c2b7d07a3e8c9d2f4a5b6c7d8e"
  }
}
