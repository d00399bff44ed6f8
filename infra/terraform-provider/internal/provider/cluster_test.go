package provider

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestCluster(t *testing.T) {
	api := acceptance(t)
	meshID, name := makeMesh(t, api), unique("cluster")
	config := func(more string) string {
		return fmt.Sprintf(`
resource "isthmus_cluster" "test" {
  mesh_id  = %q
  name     = %q
  locality = "eu-central-1/a"
  %s
}

data "isthmus_cluster" "by_name" {
  mesh_id = isthmus_cluster.test.mesh_id
  name    = isthmus_cluster.test.name
}

data "isthmus_clusters" "labelled" {
  mesh_id    = isthmus_cluster.test.mesh_id
  labels     = { env = "prod" }
  depends_on = [isthmus_cluster.test]
}
`, meshID, name, more)
	}
	full := config(`network = "cloud"
  cidrs   = ["10.0.0.0/8", "fd00::/8"]
  channel = "STABLE"
  labels  = { env = "prod", "acme.example/tier" = "1" }`)
	var id string
	steps := []resource.TestStep{{
		Config: full,
		Check: resource.ComposeAggregateTestCheckFunc(
			attribute("isthmus_cluster.test", "id", &id),
			resource.TestCheckResourceAttr("isthmus_cluster.test", "labels.env", "prod"),
			resource.TestCheckResourceAttr("isthmus_cluster.test", "cidrs.#", "2"),
			resource.TestCheckResourceAttrPair("data.isthmus_cluster.by_name", "id", "isthmus_cluster.test", "id"),
			resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "status", "PENDING"),
			resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "joined", "false"),
			resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "joining.0.name", "HELM_COMMAND"),
			resource.TestCheckResourceAttr("data.isthmus_clusters.labelled", "clusters.#", "1"),
			holdsNoJoinToken,
		),
	}}
	steps = append(steps, imports("isthmus_cluster.test", byID)[0])
	steps = append(steps,
		resource.TestStep{
			Config: config(`network = "cloud"
  cidrs   = ["10.0.0.0/8", "fd00::/8"]
  labels  = { env = "test" }`),
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, "isthmus_cluster.test"),
				resource.TestCheckResourceAttr("isthmus_cluster.test", "labels.%", "1"),
				resource.TestCheckNoResourceAttr("isthmus_cluster.test", "channel"),
				resource.TestCheckResourceAttr("data.isthmus_clusters.labelled", "clusters.#", "0"),
			),
		},
		imports("isthmus_cluster.test", byID)[1],
		resource.TestStep{ // Somebody else labels it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.UpdateCluster(ctx, api, client.UpdateClusterInput{ClusterId: id, Labels: []client.LabelInput{{Key: "env", Value: "strange"}}})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionUpdate),
			Check:            resource.TestCheckResourceAttr("isthmus_cluster.test", "labels.env", "prod"),
		},
		resource.TestStep{ // Somebody else removes it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.RemoveCluster(ctx, api, client.RemoveClusterInput{ClusterId: id})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			Config: full,
			Check:  attribute("isthmus_cluster.test", "id", &id),
		},
		resource.TestStep{ // It moves.
			Config: config(`network = "cellar"
  cidrs   = ["192.168.0.0/16"]
  channel = "STABLE"
  labels  = { env = "prod" }`),
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, "isthmus_cluster.test"),
				resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "network", "cellar"),
				resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "cidrs.#", "1"),
			),
		},
		resource.TestStep{ // Somebody else moves it.
			PreConfig: behind(t, func(ctx context.Context) error {
				elsewhere := "us-east-1/a"
				_, err := client.UpdateCluster(ctx, api, client.UpdateClusterInput{ClusterId: id, Locality: &elsewhere, Cidrs: []string{}})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, "isthmus_cluster.test"),
				resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "locality", "eu-central-1/a"),
				resource.TestCheckResourceAttr("data.isthmus_cluster.by_name", "cidrs.#", "2"),
			),
		},
		resource.TestStep{
			Config:           strings.Replace(full, name, name+"-too", 1),
			ConfigPlanChecks: expects("isthmus_cluster.test", plancheck.ResourceActionDestroyBeforeCreate),
			Check:            attribute("isthmus_cluster.test", "id", &id),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			read, err := client.ReadCluster(context.Background(), api, id)
			if err == nil && read.Cluster.Status != client.ClusterStatusRemoved {
				return fmt.Errorf("the cluster is %s", read.Cluster.Status)
			}
			return err
		},
	})
}

func holdsNoJoinToken(state *terraform.State) error {
	if strings.Contains(state.String(), "isthmus_join_") {
		return fmt.Errorf("a join token is in the state")
	}
	return nil
}

func sameAs(id *string, address string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttrWith(address, "id", func(value string) error {
		if value != *id {
			return fmt.Errorf("it is another one: %s, not %s", value, *id)
		}
		return nil
	})
}

func TestClusterThatCannotBe(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	config := func(more string) string {
		return fmt.Sprintf(`
resource "isthmus_cluster" "test" {
  mesh_id  = %q
  name     = "berlin"
  network  = "cloud"
  locality = "eu-central-1/a"
  %s
}`, meshID, more)
	}
	for name, step := range map[string]resource.TestStep{
		"by its CIDR":  {Config: config(`cidrs = ["10.0.0.0/33"]`), PlanOnly: true, ExpectError: regexp.MustCompile(`must be a CIDR`)},
		"by its label": {Config: config(`labels = { "-env" = "prod" }`), PlanOnly: true, ExpectError: regexp.MustCompile(`must be the key of a label`)},
		"by the API's rules": {
			Config:      config(`labels = { "topology.istio.io/network" = "cloud" }`),
			ExpectError: regexp.MustCompile(`(?s)Cannot register the cluster: INVALID_ARGUMENT.*in resource "isthmus_cluster" "test":\s+\d+:\s+labels = .*follows from\s+the\s+cluster's`),
		},
		"by its mesh": {
			Config:      strings.Replace(config(""), meshID, "mesh_00000000000000000000000000000000", 1),
			ExpectError: regexp.MustCompile(`(?s)Cannot register the cluster: NOT_FOUND.*there is no such mesh`),
		},
	} {
		t.Run(name, func(t *testing.T) { verify(t, step) })
	}
}

func TestJoinToken(t *testing.T) {
	api := acceptance(t)
	clusterID := makeCluster(t, api, makeMesh(t, api))
	verify(t, resource.TestStep{
		Config: fmt.Sprintf(`
ephemeral "isthmus_join_token" "test" {
  cluster_id = %q
}

provider "echo" {
  data = ephemeral.isthmus_join_token.test
}

resource "echo" "test" {}
`, clusterID),
		ConfigStateChecks: []statecheck.StateCheck{
			echoes("token", knownvalue.StringRegexp(regexp.MustCompile(`^isthmus_join_[0-9a-f]{32}_`))),
			echoes("helm_command", knownvalue.StringRegexp(regexp.MustCompile(`^helm upgrade --install isthmus-agent `))),
			echoes("chart", knownvalue.StringRegexp(regexp.MustCompile(`isthmus-agent$`))),
			echoes("hub_address", knownvalue.StringRegexp(regexp.MustCompile(`^127\.0\.0\.1:\d+$`))),
			echoes("hub_ca_bundle", knownvalue.StringRegexp(regexp.MustCompile(`^-----BEGIN CERTIFICATE-----\n`))),
		},
	})
}

// A helm_release is written of what is no secret; the token comes from elsewhere.
func TestAgentInstallation(t *testing.T) {
	acceptance(t)
	address := "data.isthmus_agent_installation.test"
	verify(t, resource.TestStep{
		Config: `data "isthmus_agent_installation" "test" {}`,
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestMatchResourceAttr(address, "chart", regexp.MustCompile(`isthmus-agent$`)),
			resource.TestCheckResourceAttr(address, "release_name", "isthmus-agent"),
			resource.TestCheckResourceAttr(address, "namespace", "isthmus-system"),
			resource.TestMatchResourceAttr(address, "hub_address", regexp.MustCompile(`^127\.0\.0\.1:\d+$`)),
			resource.TestMatchResourceAttr(address, "hub_ca_bundle", regexp.MustCompile(`^-----BEGIN CERTIFICATE-----\n`)),
			resource.TestMatchResourceAttr(address, "helm_command", regexp.MustCompile(`^helm upgrade --install .*"joinToken=\$ISTHMUS_JOIN_TOKEN"`)),
			holdsNoJoinToken,
		),
	})
}

func echoes(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("echo.test", tfjsonpath.New("data").AtMapKey(name), value)
}
