package provider

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestRolloutPolicy(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	config := func(more string) string {
		return fmt.Sprintf("resource \"isthmus_rollout_policy\" \"test\" {\n  mesh_id = %q\n%s\n}\n", meshID, more)
	}
	canary := config(`
  drift_policy = "TOLERATE"
  waves = [
    { cluster_selector = "env=canary" },
    { cluster_selector = "env in (prod),!legacy", percent = 12.5, each = "REGION" },
  ]
  gate = { soak_seconds = 0 }`)
	address := "isthmus_rollout_policy.test"
	steps := []resource.TestStep{{
		Config: canary,
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(address, "waves.1.percent", "12.5"),
			resource.TestCheckResourceAttr(address, "gate.timeout_seconds", "600"),
		),
	}}
	steps = append(steps, imports(address, byMesh)...)
	steps = append(steps,
		resource.TestStep{ // What is not said is as in a new mesh.
			Config:           config(""),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr(address, "drift_policy", "REVERT"),
				resource.TestCheckResourceAttr(address, "waves.#", "2"),
				resource.TestCheckResourceAttr(address, "gate.soak_seconds", "60"),
			),
		},
		resource.TestStep{
			PreConfig: behind(t, func(ctx context.Context) error {
				drift := client.DriftPolicyAdopt
				_, err := client.UpdateConfigurationSettings(ctx, api, client.UpdateConfigurationSettingsInput{MeshId: meshID, DriftPolicy: &drift})
				return err
			}),
			Config:           canary,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			read, err := client.ReadConfigurationSettings(context.Background(), api, meshID)
			if err == nil && (read.Mesh.Configuration.DriftPolicy != defaultDriftPolicy || len(read.Mesh.Configuration.RolloutPolicy.Waves) != 2 ||
				read.Mesh.Configuration.RolloutPolicy.Gate.SoakSeconds != defaultSoakSeconds) {
				return fmt.Errorf("it is not as in a new mesh: %+v", read.Mesh.Configuration)
			}
			return err
		},
	})
}

func TestRolloutPolicyMovesToAnotherMesh(t *testing.T) {
	api := acceptance(t)
	config := func(meshID string) string {
		return fmt.Sprintf(`resource "isthmus_rollout_policy" "test" { mesh_id = %q }`, meshID)
	}
	verify(t,
		resource.TestStep{Config: config(makeMesh(t, api))},
		resource.TestStep{
			Config:           config(makeMesh(t, api)),
			ConfigPlanChecks: expects("isthmus_rollout_policy.test", plancheck.ResourceActionDestroyBeforeCreate),
		},
	)
}

func TestUpgradeSettings(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	config := func(more string) string {
		return fmt.Sprintf("resource \"isthmus_upgrade_settings\" \"test\" {\n  mesh_id = %q\n%s\n}\n", meshID, more)
	}
	full := config(`
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
  policy  = { canary_namespaces = ["shop"], waves = [{ each = "CLUSTER" }] }
  charts = {
    repository = "oci://registry.example/istio"
    values     = jsonencode({ pilot = { resources = { requests = { cpu = "1" } } }, global = {} })
    digests    = { "istiod-1.30.2" = "0000000000000000000000000000000000000000000000000000000000000000" }
  }
  agent = { version = "0.2.0" }`)
	address := "isthmus_upgrade_settings.test"
	steps := []resource.TestStep{{
		Config: full,
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(address, "windows.0.days.#", "2"),
			resource.TestCheckResourceAttr(address, "freezes.0.until", "2028-01-03T00:00:00Z"),
			resource.TestCheckResourceAttr(address, "policy.soak_seconds", "300"),
		),
	}}
	steps = append(steps, imports(address, byMesh)...)
	steps = append(steps,
		resource.TestStep{
			Config:           config(`windows = [{ name = "nights", days = ["SUNDAY"], opens = "00:00", minutes = 60, time_zone = "UTC" }]`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr(address, "require_approval", "false"),
				resource.TestCheckResourceAttr(address, "freezes.#", "0"),
				resource.TestCheckResourceAttr(address, "max_in_flight", "5"),
				resource.TestCheckNoResourceAttr(address, "agent"),
			),
		},
		resource.TestStep{ // Somebody else takes the windows away.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.UpdateUpgradeSettings(ctx, api, client.UpdateUpgradeSettingsInput{MeshId: meshID, Windows: []client.MaintenanceWindowInput{}})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			read, err := client.ReadUpgradeSettings(context.Background(), api, meshID)
			settings := read.Mesh.UpgradeSettings
			if err == nil && (len(settings.Windows)+len(settings.Freezes) > 0 || settings.RequireApproval || settings.Charts.Repository != defaultRepository) {
				return fmt.Errorf("they are not as in a new mesh: %+v", settings)
			}
			return err
		},
	})
}

func TestUpgradeSettingsThatCannotBe(t *testing.T) {
	api := acceptance(t)
	meshID := makeMesh(t, api)
	config := func(more string) string {
		return fmt.Sprintf("resource \"isthmus_upgrade_settings\" \"test\" {\n  mesh_id = %q\n%s\n}\n", meshID, more)
	}
	window := func(opens, zone string) string {
		return config(fmt.Sprintf(`windows = [{ name = "n", days = ["SUNDAY"], opens = %q, minutes = 60, time_zone = %q }]`, opens, zone))
	}
	for name, step := range map[string]resource.TestStep{
		"by its time of day":  {Config: window("24:00", "UTC"), PlanOnly: true, ExpectError: regexp.MustCompile(`must be HH:MM`)},
		"by its time zone":    {Config: window("00:00", "Europe/Atlantis"), PlanOnly: true, ExpectError: regexp.MustCompile(`must be of the IANA`)},
		"by its selector":     {Config: config(`policy = { waves = [{ cluster_selector = "env==" }, { cluster_selector = "env in" }] }`), PlanOnly: true, ExpectError: regexp.MustCompile(`must be a label selector`)},
		"by its freeze":       {Config: config(`freezes = [{ name = "f", from = "2027-02-01T00:00:00Z", until = "2027-01-01T00:00:00Z" }]`), PlanOnly: true, ExpectError: regexp.MustCompile(`until must be after from`)},
		"by its values":       {Config: config(`charts = { values = "{" }`), PlanOnly: true, ExpectError: regexp.MustCompile(`Invalid JSON`)},
		"by the API's charts": {Config: config(`charts = { values = jsonencode({ revision = "x" }) }`), ExpectError: regexp.MustCompile(`(?s)UPGRADE_SETTINGS_INVALID.*charts.values may not set revision`)},
		"by a name that is there twice": {
			Config: config(`freezes = [
  { name = "f", from = "2027-01-01T00:00:00Z", until = "2027-02-01T00:00:00Z" },
  { name = "f", from = "2027-03-01T00:00:00Z", until = "2027-04-01T00:00:00Z" }]`),
			ExpectError: regexp.MustCompile(`(?s)UPGRADE_SETTINGS_INVALID.*freezes\[1\]\.name\s+must\s+be\s+another`),
		},
	} {
		t.Run(name, func(t *testing.T) { verify(t, step) })
	}
}
