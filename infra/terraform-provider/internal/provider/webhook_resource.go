package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type webhookResource struct {
	apiResource
	identifiedByID
}

var (
	_ resource.ResourceWithConfigure   = (*webhookResource)(nil)
	_ resource.ResourceWithIdentity    = (*webhookResource)(nil)
	_ resource.ResourceWithImportState = (*webhookResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*webhookResource)(nil)
)

func newWebhookResource() resource.Resource { return &webhookResource{} }

type webhookModel struct {
	ID            types.String `tfsdk:"id"`
	Name          types.String `tfsdk:"name"`
	URL           types.String `tfsdk:"url"`
	MeshID        types.String `tfsdk:"mesh_id"`
	Types         types.Set    `tfsdk:"types"`
	Enabled       types.Bool   `tfsdk:"enabled"`
	SecretVersion types.Int64  `tfsdk:"secret_version"`
	Secret        types.String `tfsdk:"secret"`
	CreatedAt     types.String `tfsdk:"created_at"`
}

func (r *webhookResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_webhook"
}

func (r *webhookResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A URL that is told what happens: clusters that come and go, rollouts, upgrades, trust, drift. Deliveries are signed, retried for days, and can be replayed.\n\n" +
			"~> The API makes the secret that signs and shows it once, so that it has to stand in the state. Keep the state where secrets may be, " +
			"or make the webhook by `isthmus apply` instead.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{isName},
				MarkdownDescription: "An RFC 1123 label, unique in the organization. Changed in place.",
			},
			"url": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{isWebhookURL, stringvalidator.LengthAtMost(2_000)},
				MarkdownDescription: "Where to: https, a public address, without credentials in it. Changed in place.",
			},
			"mesh_id": schema.StringAttribute{
				Optional:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the mesh whose events it is told; those of all meshes unless said. Another one is another webhook.",
			},
			"types": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             setdefault.StaticValue(setOf(nil)),
				Validators:          []validator.Set{setvalidator.SizeAtMost(50)},
				MarkdownDescription: "Types of events, such as `rollout.halted`, or kinds, such as `cluster`; all unless said. Changed in place.",
			},
			"enabled": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(true),
				MarkdownDescription: "Whether it is told anything; true unless said. One that the API disabled, since its receiver is gone or failed for days, " +
					"is drift: the next apply enables it again.",
			},
			"secret_version": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "Another number has the secret rotated in place; the one before signs as well for a day. " +
					"Where the secret is not known, as after an import, a first number makes one that is.",
			},
			"secret": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "What a receiver checks signatures with. Null after an import: it was shown once.",
			},
			"created_at": computedOnce("When it was made."),
		},
	}
}

// ModifyPlan says that another version is another secret.
func (r *webhookResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	var planned, known types.Int64
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("secret_version"), &planned)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("secret_version"), &known)...)
	if isRotated(planned, known) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("secret"), types.StringUnknown())...)
	}
}

// isRotated: to say no number any more is to leave the secret alone.
func isRotated(planned, known types.Int64) bool { return !planned.IsNull() && !planned.Equal(known) }

func (r *webhookResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan webhookModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	made, err := r.make(ctx, client.CreateWebhookInput{
		Name:   plan.Name.ValueString(),
		Url:    plan.URL.ValueString(),
		MeshId: plan.MeshID.ValueStringPointer(),
		Types:  stringsOf(plan.Types.Elements()),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "create the webhook", err)
		return
	}
	plan.ID = types.StringValue(made.Id)
	plan.CreatedAt = types.StringValue(made.CreatedAt)
	plan.Secret = types.StringPointerValue(made.secret)
	enabled := plan.Enabled
	// Whatever fails from here on, the webhook is there, and its secret was shown.
	plan.Enabled = types.BoolValue(true)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, idModel{plan.ID})...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, keptURLKey, asJSON(made.Url))...)
	if made.secret == nil {
		// The answer that showed it got lost.
		secret, err := r.rotate(ctx, plan.ID)
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Plan, "rotate the webhook's secret", err)
			return
		}
		plan.Secret = secret
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
	if enabled.ValueBool() {
		return
	}
	if _, err := client.UpdateWebhook(ctx, r.client, client.UpdateWebhookInput{Id: made.Id, Enabled: enabled.ValueBoolPointer()}); err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "disable the webhook", err)
		return
	}
	plan.Enabled = enabled
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

type madeWebhook struct {
	client.WebhookFields
	// secret is nil where the answer that showed it got lost.
	secret *string
}

func (r *webhookResource) make(ctx context.Context, input client.CreateWebhookInput) (madeWebhook, error) {
	return client.Creation[madeWebhook]{
		Create: func(ctx context.Context) (madeWebhook, error) {
			made, err := client.CreateWebhook(ctx, r.client, input)
			if err != nil {
				return madeWebhook{}, err
			}
			return madeWebhook{made.CreateWebhook.Webhook, &made.CreateWebhook.Secret}, nil
		},
		Find: func(ctx context.Context) (*madeWebhook, error) {
			webhooks, err := r.all(ctx)
			for _, webhook := range webhooks {
				if webhook.Name == input.Name {
					return &madeWebhook{WebhookFields: webhook}, nil
				}
			}
			return nil, err
		},
		CreatedAt: func(webhook madeWebhook) string { return webhook.WebhookFields.CreatedAt },
	}.Once(ctx, r.client)
}

func (r *webhookResource) all(ctx context.Context) ([]client.WebhookFields, error) {
	return client.All(func(after *string) (page client.Page[client.WebhookFields], err error) {
		list, err := client.ListWebhooks(ctx, r.client, after)
		if err != nil {
			return page, err
		}
		page.Info = list.Organization.Webhooks.PageInfo
		for _, edge := range list.Organization.Webhooks.Edges {
			page.Items = append(page.Items, edge.Node)
		}
		return page, nil
	})
}

func (r *webhookResource) rotate(ctx context.Context, id types.String) (types.String, error) {
	rotated, err := client.RotateWebhookSecret(ctx, r.client, client.RotateWebhookSecretInput{Id: id.ValueString()})
	if err != nil {
		return types.StringNull(), err
	}
	return types.StringValue(rotated.RotateWebhookSecret.Secret), nil
}

// keptURLKey is of the URL as the API keeps it, which writes some in other words: as long as that stays
// the same, nobody changed the one that was said.
const keptURLKey = "url"

func asJSON(text string) []byte {
	written, err := json.Marshal(text)
	if err != nil {
		return []byte(`""`)
	}
	return written
}

func (r *webhookResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state webhookModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	kept, diags := req.Private.GetKey(ctx, keptURLKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	read, err := client.ReadWebhook(ctx, r.client, state.ID.ValueString())
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "read the webhook", err)
		return
	}
	if err != nil || read.Node == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	webhook, isWebhook := (*read.Node).(*client.ReadWebhookNodeWebhook)
	if !isWebhook {
		resp.State.RemoveResource(ctx)
		return
	}
	var known string
	if json.Unmarshal(kept, &known) != nil || known != webhook.Url {
		state.URL = types.StringValue(webhook.Url)
	}
	state.Name = types.StringValue(webhook.Name)
	state.Types = setOf(webhook.Types)
	state.Enabled = types.BoolValue(webhook.DisabledAt == nil)
	state.CreatedAt = types.StringValue(webhook.CreatedAt)
	state.MeshID = types.StringNull()
	if webhook.Mesh != nil {
		state.MeshID = types.StringValue(webhook.Mesh.Id)
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, idModel{state.ID})...)
}

func (r *webhookResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state webhookModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.Secret.IsUnknown() {
		// Where it is not rotated it stays, or stays unknown to us.
		plan.Secret = state.Secret
	}
	updated, err := client.UpdateWebhook(ctx, r.client, client.UpdateWebhookInput{
		Id:      plan.ID.ValueString(),
		Name:    plan.Name.ValueStringPointer(),
		Url:     plan.URL.ValueStringPointer(),
		Types:   stringsOf(plan.Types.Elements()),
		Enabled: plan.Enabled.ValueBoolPointer(),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "update the webhook", err)
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, keptURLKey, asJSON(updated.UpdateWebhook.Webhook.Url))...)
	if isRotated(plan.SecretVersion, state.SecretVersion) {
		wanted := plan.SecretVersion
		plan.SecretVersion, plan.Secret = state.SecretVersion, state.Secret
		resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, idModel{plan.ID})...)
		secret, err := r.rotate(ctx, plan.ID)
		if err != nil {
			fail(ctx, &resp.Diagnostics, req.Plan, "rotate the webhook's secret", err)
			return
		}
		plan.SecretVersion, plan.Secret = wanted, secret
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, idModel{plan.ID})...)
}

func (r *webhookResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state webhookModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.DeleteWebhook(ctx, r.client, client.DeleteWebhookInput{Id: state.ID.ValueString()})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "delete the webhook", err)
	}
}
