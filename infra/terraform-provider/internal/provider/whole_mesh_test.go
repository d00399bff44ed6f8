package provider

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// One configuration builds a whole mesh.
func TestWholeMesh(t *testing.T) {
	acceptance(t)
	config := fmt.Sprintf(`
data "isthmus_organization" "ours" {}

resource "isthmus_mesh" "test" {
  name = %q
}

resource "isthmus_cluster" "cloud" {
  mesh_id  = isthmus_mesh.test.id
  name     = "cloud"
  network  = "cloud"
  locality = "eu-central-1/a"
  cidrs    = ["10.0.0.0/8"]
  labels   = { env = "canary" }
  channel  = "RAPID"
}

resource "isthmus_cluster" "onprem" {
  mesh_id  = isthmus_mesh.test.id
  name     = "onprem"
  network  = "cellar"
  locality = "zurich"
  cidrs    = ["10.0.0.0/8"]
  labels   = { env = "prod" }
  channel  = "REGULAR"
}

resource "isthmus_export_policy" "shop" {
  mesh_id            = isthmus_mesh.test.id
  name               = "shop"
  namespace_selector = { match_labels = { team = "shop" } }
}

resource "isthmus_host_grant" "payments" {
  mesh_id     = isthmus_mesh.test.id
  namespace   = "shop"
  service     = "payments"
  cluster_ids = [isthmus_cluster.onprem.id]
}

resource "isthmus_rollout_policy" "test" {
  mesh_id = isthmus_mesh.test.id
  waves   = [{ cluster_selector = "env=canary" }]
  gate    = { soak_seconds = 0 }
}

resource "isthmus_upgrade_settings" "test" {
  mesh_id = isthmus_mesh.test.id
  windows = [{ name = "nights", days = ["SATURDAY"], opens = "22:00", minutes = 360, time_zone = "Europe/Zurich" }]
  freezes = [{ name = "closing", from = "2027-12-20T00:00:00Z", until = "2028-01-03T00:00:00Z" }]
}

# Nobody joins the clusters here, so that no rollout comes to its end.
resource "isthmus_configuration" "shop" {
  mesh_id          = isthmus_mesh.test.id
  folder           = "shop"
  files            = { "access.yaml" = %q }
  message          = "only the shop may pay"
  wait_for_rollout = false
  depends_on       = [isthmus_cluster.cloud, isthmus_cluster.onprem, isthmus_rollout_policy.test]
}

resource "isthmus_api_token" "pipeline" {
  name       = "pipeline"
  role       = "OPERATOR"
  namespaces = ["shop"]
  expires_at = %q
}

data "isthmus_clusters" "canaries" {
  mesh_id    = isthmus_mesh.test.id
  labels     = { env = "canary" }
  depends_on = [isthmus_cluster.cloud, isthmus_cluster.onprem]
}

data "isthmus_services" "shop" {
  mesh_id   = isthmus_mesh.test.id
  namespace = "shop"
}

data "isthmus_istio_versions" "known" {}
`, unique("whole"), onlyShop, time.Now().Add(72*time.Hour).UTC().Format("2006-01-02T00:00:00Z"))
	verify(t,
		resource.TestStep{
			Config: config,
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr("data.isthmus_organization.ours", "viewer_role", "OWNER"),
				resource.TestCheckResourceAttr("data.isthmus_clusters.canaries", "clusters.0.name", "cloud"),
				resource.TestCheckResourceAttr("data.isthmus_services.shop", "services.#", "0"),
				resource.TestCheckResourceAttrSet("data.isthmus_istio_versions.known", "versions.0.minor"),
				resource.TestCheckResourceAttr("isthmus_configuration.shop", "release_number", "1"),
			),
		},
		resource.TestStep{
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	)
}
