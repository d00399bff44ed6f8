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

func TestWebhook(t *testing.T) {
	api := acceptance(t)
	meshID, name := makeMesh(t, api), unique("webhook")
	config := func(more string) string {
		return fmt.Sprintf(`
resource "isthmus_webhook" "test" {
  name = %q
  %s
}
`, name, more)
	}
	address := "isthmus_webhook.test"
	// Without the slash that the API puts at its end.
	full := config(`url     = "https://hooks.acme.example"
  types   = ["rollout", "cluster.out_of_contact"]`)
	var id, secret, rotated string
	steps := []resource.TestStep{{
		Config: full,
		Check: resource.ComposeAggregateTestCheckFunc(
			attribute(address, "id", &id), attribute(address, "secret", &secret),
			resource.TestCheckResourceAttr(address, "url", "https://hooks.acme.example"),
			resource.TestCheckResourceAttr(address, "enabled", "true"),
			resource.TestCheckNoResourceAttr(address, "mesh_id"),
		),
	}}
	// The secret was shown once, and the URL is read as the API keeps it.
	steps = append(steps, imports(address, byID, "secret", "url")[0])
	steps = append(steps,
		resource.TestStep{
			Config: config(`url     = "https://hooks.acme.example/isthmus"
  types   = ["rollout"]
  enabled = false`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, address),
				resource.TestCheckResourceAttr(address, "types.#", "1"),
				resource.TestCheckResourceAttrPtr(address, "secret", &secret),
				toldWebhook(api, &id, func(webhook client.WebhookFields) bool {
					return webhook.DisabledAt != nil && webhook.Url == "https://hooks.acme.example/isthmus"
				}),
			),
		},
		imports(address, byID, "secret")[1],
		resource.TestStep{ // Its secret is rotated in place.
			Config: config(`url            = "https://hooks.acme.example/isthmus"
  secret_version = 1`),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, address),
				attribute(address, "secret", &rotated),
				func(*terraform.State) error {
					if rotated == "" || rotated == secret {
						return fmt.Errorf("the secret is not another one")
					}
					return nil
				},
				toldWebhook(api, &id, func(webhook client.WebhookFields) bool { return webhook.DisabledAt == nil && len(webhook.Types) == 0 }),
			),
		},
		resource.TestStep{ // Somebody else changes and disables it.
			PreConfig: behind(t, func(ctx context.Context) error {
				url, enabled := "https://elsewhere.acme.example", false
				_, err := client.UpdateWebhook(ctx, api, client.UpdateWebhookInput{Id: id, Url: &url, Enabled: &enabled})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, address),
				// No number any more is no other secret.
				resource.TestCheckResourceAttrPtr(address, "secret", &rotated),
				toldWebhook(api, &id, func(webhook client.WebhookFields) bool {
					return webhook.DisabledAt == nil && webhook.Url == "https://hooks.acme.example/"
				}),
			),
		},
		resource.TestStep{ // Somebody else deletes it.
			PreConfig: behind(t, func(ctx context.Context) error {
				_, err := client.DeleteWebhook(ctx, api, client.DeleteWebhookInput{Id: id})
				return err
			}),
			Config:           full,
			ConfigPlanChecks: expects(address, plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			Config: config(fmt.Sprintf(`url     = "https://hooks.acme.example"
  mesh_id = %q
  enabled = false`, meshID)),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionDestroyBeforeCreate),
			Check: resource.ComposeAggregateTestCheckFunc(
				attribute(address, "id", &id),
				toldWebhook(api, &id, func(webhook client.WebhookFields) bool {
					return webhook.Mesh.Id == meshID && webhook.DisabledAt != nil
				}),
			),
		},
	)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			if _, err := readWebhook(api, id); !isGone(err) {
				return fmt.Errorf("the webhook is still there: %w", err)
			}
			return nil
		},
	})
}

// The secret of what is imported was shown to somebody else, until it is rotated.
func TestWebhookThatIsImported(t *testing.T) {
	api := acceptance(t)
	name, address := unique("webhook"), "isthmus_webhook.test"
	made, err := client.CreateWebhook(context.Background(), api, client.CreateWebhookInput{
		Name: name, Url: "https://hooks.acme.example", Types: []string{"trust"},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := made.CreateWebhook.Webhook.Id
	config := func(more string) string {
		return fmt.Sprintf(`
import {
  to = isthmus_webhook.test
  id = %q
}

resource "isthmus_webhook" "test" {
  name = %q
  url  = "https://hooks.acme.example"
  %s
}
`, id, name, more)
	}
	verify(t,
		resource.TestStep{
			Config:           config(""),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, address),
				resource.TestCheckNoResourceAttr(address, "secret"),
				toldWebhook(api, &id, func(webhook client.WebhookFields) bool { return len(webhook.Types) == 0 }),
			),
		},
		resource.TestStep{
			Config:           config("secret_version = 1"),
			ConfigPlanChecks: expects(address, plancheck.ResourceActionUpdate),
			Check: resource.ComposeAggregateTestCheckFunc(
				sameAs(&id, address),
				resource.TestCheckResourceAttrSet(address, "secret"),
			),
		},
	)
}

// toldWebhook looks at what the API has.
func toldWebhook(api *client.Client, id *string, isRight func(client.WebhookFields) bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		webhook, err := readWebhook(api, *id)
		if err == nil && !isRight(webhook) {
			return fmt.Errorf("the API has %+v", webhook)
		}
		return err
	}
}

func readWebhook(api *client.Client, id string) (client.WebhookFields, error) {
	read, err := client.ReadWebhook(context.Background(), api, id)
	if err != nil {
		return client.WebhookFields{}, err
	}
	if read.Node == nil {
		return client.WebhookFields{}, &client.Error{Code: "NOT_FOUND"}
	}
	return (*read.Node).(*client.ReadWebhookNodeWebhook).WebhookFields, nil
}

func TestWebhookThatCannotBe(t *testing.T) {
	acceptance(t)
	name := unique("webhook")
	config := func(attributes string) string {
		return fmt.Sprintf(`
resource "isthmus_webhook" "test" {
  name = %q
  %s
}`, name, attributes)
	}
	there := config(`url = "https://hooks.acme.example"`)
	// Also which attribute is to blame.
	at := func(attribute, words string) *regexp.Regexp {
		return regexp.MustCompile(`(?s)in resource "isthmus_webhook" "\w+":\s+\d+:\s+` + attribute + ` .*` + words)
	}
	for about, step := range map[string]resource.TestStep{
		"by its URL":              {Config: config(`url = "ftp://hooks.acme.example"`), PlanOnly: true, ExpectError: at("url", `must be https://`)},
		"by where its URL leads":  {Config: config(`url = "https://10.0.0.1/x"`), ExpectError: at("url", `not a public address`)},
		"by its types":            {Config: config("url = \"https://hooks.acme.example\"\n  types = [\"nonsense\"]"), ExpectError: at("types", `nonsense`)},
		"by a name that is taken": {Config: there + fmt.Sprintf("\nresource \"isthmus_webhook\" \"again\" {\n  name = %q\n  url = \"https://hooks.acme.example\"\n  depends_on = [isthmus_webhook.test]\n}", name), ExpectError: at("name", `already`)},
		"by its mesh":             {Config: config("url = \"https://hooks.acme.example\"\n  mesh_id = \"mesh_00000000000000000000000000000000\""), ExpectError: regexp.MustCompile(`NOT_FOUND`)},
	} {
		t.Run(about, func(t *testing.T) { verify(t, step) })
	}
}
