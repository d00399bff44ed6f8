package provider

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

func TestAPIToken(t *testing.T) {
	api := acceptance(t)
	config := func(role string, life time.Duration) string {
		return fmt.Sprintf(`
resource "isthmus_api_token" "test" {
  name       = "pipeline"
  role       = %q
  namespaces = ["shop"]
  expires_at = %q
}
`, role, time.Now().Add(life).UTC().Format("2006-01-02T00:00:00Z"))
	}
	address := "isthmus_api_token.test"
	var id, secret string
	revoked := func(id *string) func() error {
		return func() error {
			read, err := client.ReadApiToken(context.Background(), api, *id)
			if err == nil && (*read.Node).(*client.ReadApiTokenNodeApiToken).RevokedAt == nil {
				return fmt.Errorf("the token is not revoked")
			}
			return err
		}
	}
	steps := []resource.TestStep{{
		Config: config("OPERATOR", 72*time.Hour),
		Check: resource.ComposeAggregateTestCheckFunc(
			attribute(address, "id", &id), attribute(address, "secret", &secret),
			func(*terraform.State) error { return actsAs(secret) },
		),
	}}
	// The secret was shown once.
	steps = append(steps, imports(address, byID, "secret")...)
	steps = append(steps,
		resource.TestStep{
			Config:           config("VIEWER", 72*time.Hour),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate),
			Check: resource.ComposeAggregateTestCheckFunc(
				func(*terraform.State) error { return revoked(&id)() },
				attribute(address, "id", &id),
			),
		},
		resource.TestStep{ // Somebody else revokes it.
			PreConfig:        behind(t, func(ctx context.Context) error { return revokeAPIToken(ctx, api, id) }),
			Config:           config("VIEWER", 72*time.Hour),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
			Check:            attribute(address, "id", &id),
		},
		resource.TestStep{
			Config:      config("VIEWER", 1_000*24*time.Hour),
			PlanOnly:    true,
			ExpectError: regexp.MustCompile(`expires_at must be within a year`),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return revoked(&id)() },
	})
}

// actsAs says whether the API takes a secret.
func actsAs(secret string) error {
	api, err := client.New(client.Options{Endpoint: os.Getenv("ISTHMUS_ENDPOINT"), Token: secret, Timeout: defaultRequestTimeout})
	if err != nil {
		return err
	}
	_, err = client.ReadOrganization(context.Background(), api)
	return err
}

func TestAPITokenForARun(t *testing.T) {
	acceptance(t)
	verify(t, resource.TestStep{
		Config: `
ephemeral "isthmus_api_token" "test" {
  name = "for a run"
  role = "VIEWER"
}

provider "echo" {
  data = ephemeral.isthmus_api_token.test
}

resource "echo" "test" {}
`,
		ConfigStateChecks: []statecheck.StateCheck{echoes("secret", knownvalue.StringFunc(func(secret string) error {
			// By now Terraform is done with it.
			if err := actsAs(secret); !client.HasCode(err, "API_TOKEN_INVALID") {
				return fmt.Errorf("the token is not revoked: %w", err)
			}
			return nil
		}))},
	})
}

// A token makes no tokens: it would never end.
func TestAPITokenMadeByAToken(t *testing.T) {
	api := acceptance(t)
	made, err := client.CreateApiToken(context.Background(), api, client.CreateApiTokenInput{
		Name: "admin", Role: client.RoleAdmin, ExpiresAt: time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, resource.TestStep{
		Config: fmt.Sprintf(`
provider "isthmus" {
  token = %q
}

data "isthmus_organization" "ours" {}

resource "isthmus_api_token" "test" {
  name       = "next"
  role       = data.isthmus_organization.ours.viewer_role
  expires_at = %q
}
`, made.CreateApiToken.Secret, time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339)),
		ExpectError: regexp.MustCompile(`(?s)Cannot create the API token: FORBIDDEN.*only a person may make API\s+tokens`),
	})
}
