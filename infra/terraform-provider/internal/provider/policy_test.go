package provider

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestExportPolicy(t *testing.T) {
	api := acceptance(t)
	meshID, last := makeMesh(t, api), makeMesh(t, api)
	config := func(name, more string) string {
		return fmt.Sprintf("resource \"isthmus_export_policy\" \"test\" {\n  mesh_id = %q\n  name = %q\n%s\n}\n", meshID, name, more)
	}
	bySelectors := config("shop", `
  namespace_selector = { match_labels = { team = "shop" } }
  service_selector = {
    match_expressions = [
      { key = "tier", operator = "In", values = ["front", "back"] },
      { key = "internal", operator = "DoesNotExist" },
    ]
  }`)
	address := "isthmus_export_policy.test"
	byMeshAndID := func(state *terraform.InstanceState) string {
		return state.Attributes["mesh_id"] + "/" + state.Attributes["id"]
	}
	var id string
	steps := []resource.TestStep{{
		Config: bySelectors,
		Check: resource.ComposeAggregateTestCheckFunc(
			attribute(address, "id", &id),
			resource.TestCheckResourceAttr(address, "service_selector.match_expressions.0.values.1", "back"),
		),
	}}
	steps = append(steps, imports(address, byMeshAndID)...)
	steps = append(steps,
		resource.TestStep{
			Config:           config("everything", "everything = true"),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.ComposeAggregateTestCheckFunc(sameAs(&id, address), resource.TestCheckNoResourceAttr(address, "service_selector")),
		})
	steps = append(steps, imports(address, byMeshAndID)...)
	steps = append(steps,
		resource.TestStep{ // Two ways to select all are one.
			Config: config("everything", "everything = true\nservice_selector = {}"),
		},
		resource.TestStep{ // Somebody else narrows it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.UpdateExportPolicy(ctx, api, client.UpdateExportPolicyInput{
					Id: id, Name: "everything",
					ServiceSelector: &client.LabelSelectorInput{MatchLabels: []client.LabelInput{{Key: "strange", Value: "yes"}}},
				})
				return err
			}),
			Config:           bySelectors,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.TestCheckResourceAttr(address, "namespace_selector.match_labels.team", "shop"),
		},
		resource.TestStep{ // Somebody else deletes it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.DeleteExportPolicy(ctx, api, client.DeleteExportPolicyInput{Id: id})
				return err
			}),
			Config:           bySelectors,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			Config:           strings.Replace(bySelectors, meshID, last, 1),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			left, err := client.ReadExportPolicyNamed(context.Background(), api, last, "shop")
			if err == nil && left.Mesh.ExportPolicy != nil {
				return fmt.Errorf("the policy %s is left", left.Mesh.ExportPolicy.Id)
			}
			return err
		},
	})
}

func TestExportPolicyThatCannotBe(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	config := func(more string) string {
		return fmt.Sprintf("resource \"isthmus_export_policy\" \"test\" {\n  mesh_id = %q\n  name = \"shop\"\n%s\n}\n", meshID, more)
	}
	for name, step := range map[string]resource.TestStep{
		"without a word": {Config: config(""), PlanOnly: true, ExpectError: regexp.MustCompile(`Exports every service`)},
		"by two empty selectors": {
			Config: config("namespace_selector = {}\nservice_selector = {}"), PlanOnly: true,
			ExpectError: regexp.MustCompile(`Exports every service`),
		},
		"by its operator": {
			Config:      config(`service_selector = { match_expressions = [{ key = "a", operator = "Is" }] }`),
			ExpectError: regexp.MustCompile(`value\s+must\s+be\s+one\s+of`), PlanOnly: true,
		},
		// The API's refusal stands at the attribute that it is about.
		"by the API's rules": {
			Config:      config(`service_selector = { match_expressions = [{ key = "a", operator = "In" }] }`),
			ExpectError: regexp.MustCompile(`(?s)Cannot create the export policy: INVALID_ARGUMENT.*service_selector = .*serviceSelector: a In needs values.*service_selector\.match_expressions\[0\]`),
		},
	} {
		t.Run(name, func(t *testing.T) { verify(t, step) })
	}
}

func TestHostGrant(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	first, second := makeCluster(t, api, meshID), makeCluster(t, api, meshID)
	config := func(service string, clusters ...string) string {
		return fmt.Sprintf(`
resource "isthmus_host_grant" "test" {
  mesh_id     = %q
  namespace   = "shop"
  service     = %q
  cluster_ids = %s
}
`, meshID, service, listed(clusters))
	}
	address := "isthmus_host_grant.test"
	byHost := func(state *terraform.InstanceState) string {
		return strings.Join([]string{state.Attributes["mesh_id"], state.Attributes["namespace"], state.Attributes["service"]}, "/")
	}
	var id string
	grant := func(clusters ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.GrantHost(ctx, api, client.GrantHostInput{MeshId: meshID, Namespace: "shop", Service: "payments", ClusterIds: clusters})
			return err
		}
	}
	steps := []resource.TestStep{{Config: config("payments", first), Check: attribute(address, "id", &id)}}
	steps = append(steps, imports(address, byHost)...)
	steps = append(steps,
		resource.TestStep{
			Config:           config("payments", first, second),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check:            resource.ComposeAggregateTestCheckFunc(sameAs(&id, address), resource.TestCheckResourceAttr(address, "cluster_ids.#", "2")),
		},
		resource.TestStep{
			PreConfig:        behind(t, grant(second)),
			Config:           config("payments", first),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
		},
		resource.TestStep{
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.RevokeHostGrant(ctx, api, client.RevokeHostGrantInput{Id: id})
				return err
			}),
			Config:           config("payments"),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
		},
		resource.TestStep{Config: config("*", first), ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate)},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			for _, service := range []string{"payments", "*"} {
				left, err := client.ReadHostGrant(context.Background(), api, meshID, "shop", service)
				if err != nil {
					return err
				}
				if left.Mesh.HostGrant != nil {
					return fmt.Errorf("the grant for %s is left", service)
				}
			}
			return nil
		},
	})
}

func TestHostGrantThatIsThereAlready(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	verify(t, resource.TestStep{
		PreConfig: behind(t, func(ctx context.Context) error {
			_, err := client.GrantHost(ctx, api, client.GrantHostInput{MeshId: meshID, Namespace: "shop", Service: "*", ClusterIds: []string{}})
			return err
		}),
		Config: fmt.Sprintf(`
resource "isthmus_host_grant" "test" {
  mesh_id     = %q
  namespace   = "shop"
  service     = "*"
  cluster_ids = []
}
`, meshID),
		ExpectError: regexp.MustCompile(`The host has a grant already`),
	})
}

func listed(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, text := range texts {
		quoted = append(quoted, fmt.Sprintf("%q", text))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
