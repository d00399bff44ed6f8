data "isthmus_istio_versions" "known" {}
