package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type exportPolicyResource struct{ apiResource }

var (
	_ resource.ResourceWithConfigure      = (*exportPolicyResource)(nil)
	_ resource.ResourceWithIdentity       = (*exportPolicyResource)(nil)
	_ resource.ResourceWithImportState    = (*exportPolicyResource)(nil)
	_ resource.ResourceWithValidateConfig = (*exportPolicyResource)(nil)
)

func newExportPolicyResource() resource.Resource { return &exportPolicyResource{} }

type exportPolicyModel struct {
	ID                types.String   `tfsdk:"id"`
	MeshID            types.String   `tfsdk:"mesh_id"`
	Name              types.String   `tfsdk:"name"`
	NamespaceSelector *selectorModel `tfsdk:"namespace_selector"`
	ServiceSelector   *selectorModel `tfsdk:"service_selector"`
	Everything        types.Bool     `tfsdk:"everything"`
	CreatedAt         types.String   `tfsdk:"created_at"`
}

type exportPolicyIdentity struct {
	MeshID types.String `tfsdk:"mesh_id"`
	ID     types.String `tfsdk:"id"`
}

func (m exportPolicyModel) identity() exportPolicyIdentity {
	return exportPolicyIdentity{MeshID: m.MeshID, ID: m.ID}
}

// selectorModel is a label selector of Kubernetes.
type selectorModel struct {
	MatchLabels      types.Map          `tfsdk:"match_labels"`
	MatchExpressions []requirementModel `tfsdk:"match_expressions"`
}

type requirementModel struct {
	Key      types.String `tfsdk:"key"`
	Operator types.String `tfsdk:"operator"`
	Values   types.List   `tfsdk:"values"`
}

func (r *exportPolicyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_export_policy"
}

func (r *exportPolicyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Services that every cluster of a mesh exports without a `ServiceExport`: those that one selector picks, in the namespaces that the other picks.",
		Attributes: map[string]schema.Attribute{
			"id": computedOnce("Id that the API gave it."),
			"mesh_id": schema.StringAttribute{
				Required:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the mesh. Another one is another policy.",
			},
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{isName},
				MarkdownDescription: "An RFC 1123 label, unique in the mesh. Changed in place.",
			},
			"namespace_selector": selectorAttribute("Picks namespaces by their labels; all unless said."),
			"service_selector":   selectorAttribute("Picks Services by their labels; all unless said."),
			"everything": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Must be true where both selectors pick all, which exports every service of every cluster.",
			},
			"created_at": computedOnce("When it was made."),
		},
	}
}

func selectorAttribute(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: description + " As a label selector of Kubernetes: all of its terms have to hold.",
		Attributes: map[string]schema.Attribute{
			"match_labels": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          append([]validator.Map{mapvalidator.SizeAtLeast(1)}, areLabels...),
				MarkdownDescription: "Labels and the values that they have to have.",
			},
			"match_expressions": schema.ListNestedAttribute{
				Optional:            true,
				Validators:          []validator.List{listvalidator.SizeBetween(1, 50)},
				MarkdownDescription: "Terms that labels have to meet.",
				NestedObject: schema.NestedAttributeObject{
					Attributes: map[string]schema.Attribute{
						"key": schema.StringAttribute{
							Required:            true,
							Validators:          []validator.String{matches(labelKey, "must be the key of a label, such as env")},
							MarkdownDescription: "Key of the label.",
						},
						"operator": schema.StringAttribute{
							Required:            true,
							Validators:          []validator.String{stringvalidator.OneOf("In", "NotIn", "Exists", "DoesNotExist")},
							MarkdownDescription: "`In`, `NotIn`, `Exists` or `DoesNotExist`.",
						},
						"values": schema.ListAttribute{
							ElementType:         types.StringType,
							Optional:            true,
							Validators:          []validator.List{listvalidator.SizeBetween(1, 50)},
							MarkdownDescription: "For `In` and `NotIn`.",
						},
					},
				},
			},
		},
	}
}

func (r *exportPolicyResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var namespaces, services types.Object
	var everything types.Bool
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("namespace_selector"), &namespaces)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("service_selector"), &services)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("everything"), &everything)...)
	if resp.Diagnostics.HasError() || everything.IsUnknown() || everything.ValueBool() {
		return
	}
	if selectsAll(namespaces) && selectsAll(services) {
		resp.Diagnostics.AddAttributeError(path.Root("everything"), "Exports every service",
			"Without a selector the policy exports every service of every cluster. Select some, or say `everything = true`.")
	}
}

// selectsAll is true where it is certain.
func selectsAll(selector types.Object) bool {
	if selector.IsUnknown() {
		return false
	}
	for _, terms := range selector.Attributes() {
		if !terms.IsNull() {
			return false
		}
	}
	return true
}

func (r *exportPolicyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := exportPolicyIdentity{}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		meshID, policyID, isPair := strings.Cut(req.ID, "/")
		if !isPair {
			resp.Diagnostics.AddError("Wrong id", fmt.Sprintf("%q is not the id of a mesh and that of a policy: mesh_…/exportpolicy_…", req.ID))
			return
		}
		id = exportPolicyIdentity{MeshID: types.StringValue(meshID), ID: types.StringValue(policyID)}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mesh_id"), id.MeshID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id.ID)...)
}

func (r *exportPolicyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(map[string]string{"mesh_id": "Id of the mesh.", "id": "Id that the API gave the policy."})
}

func (r *exportPolicyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan exportPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	input := client.CreateExportPolicyInput{
		MeshId:            plan.MeshID.ValueString(),
		Name:              plan.Name.ValueString(),
		NamespaceSelector: plan.NamespaceSelector.input(),
		ServiceSelector:   plan.ServiceSelector.input(),
		Everything:        plan.Everything.ValueBoolPointer(),
	}
	policy, err := client.Creation[client.ExportPolicyFields]{
		Create: func(ctx context.Context) (client.ExportPolicyFields, error) {
			made, err := client.CreateExportPolicy(ctx, r.client, input)
			if err != nil {
				return client.ExportPolicyFields{}, err
			}
			return made.CreateExportPolicy.ExportPolicy, nil
		},
		Find: func(ctx context.Context) (*client.ExportPolicyFields, error) {
			read, err := client.ReadExportPolicyNamed(ctx, r.client, input.MeshId, input.Name)
			if err != nil {
				return nil, err
			}
			return read.Mesh.ExportPolicy, nil
		},
		CreatedAt: func(policy client.ExportPolicyFields) string { return policy.CreatedAt },
	}.Once(ctx, r.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "create the export policy", err)
		return
	}
	plan.ID = types.StringValue(policy.Id)
	plan.CreatedAt = types.StringValue(policy.CreatedAt)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
}

func (r *exportPolicyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state exportPolicyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	read, err := client.ReadExportPolicy(ctx, r.client, state.ID.ValueString())
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "read the export policy", err)
		return
	}
	if err != nil || read.Node == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	policy, isPolicy := (*read.Node).(*client.ReadExportPolicyNodeExportPolicy)
	if !isPolicy {
		resp.State.RemoveResource(ctx)
		return
	}
	if state.Name.IsNull() {
		// An import says a mesh beside the id, which may be another one than the policy's.
		named, err := client.ReadExportPolicyNamed(ctx, r.client, state.MeshID.ValueString(), policy.Name)
		if err != nil && !isGone(err) {
			fail(ctx, &resp.Diagnostics, req.State, "read the export policy", err)
			return
		}
		if err != nil || named.Mesh.ExportPolicy == nil || named.Mesh.ExportPolicy.Id != policy.Id {
			resp.State.RemoveResource(ctx)
			return
		}
	}
	state.read(policy.ExportPolicyFields)
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, state, state.identity())...)
}

func (r *exportPolicyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan exportPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.UpdateExportPolicy(ctx, r.client, client.UpdateExportPolicyInput{
		Id:                plan.ID.ValueString(),
		Name:              plan.Name.ValueString(),
		NamespaceSelector: plan.NamespaceSelector.input(),
		ServiceSelector:   plan.ServiceSelector.input(),
		Everything:        plan.Everything.ValueBoolPointer(),
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Plan, "change the export policy", err)
		return
	}
	resp.Diagnostics.Append(save(ctx, &resp.State, resp.Identity, plan, plan.identity())...)
}

func (r *exportPolicyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state exportPolicyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := client.DeleteExportPolicy(ctx, r.client, client.DeleteExportPolicyInput{Id: state.ID.ValueString()})
	if err != nil && !isGone(err) {
		fail(ctx, &resp.Diagnostics, req.State, "delete the export policy", err)
	}
}

// read takes what the API tells. What selects all is left as it was said: it can be said in ways
// that the API does not tell apart.
func (m *exportPolicyModel) read(policy client.ExportPolicyFields) {
	m.Name = types.StringValue(policy.Name)
	m.CreatedAt = types.StringValue(policy.CreatedAt)
	m.NamespaceSelector = readSelector(m.NamespaceSelector, policy.NamespaceSelector)
	m.ServiceSelector = readSelector(m.ServiceSelector, policy.ServiceSelector)
	if isEmpty(policy.NamespaceSelector) && isEmpty(policy.ServiceSelector) {
		m.Everything = types.BoolValue(true)
	}
}

func isEmpty(selector client.SelectorFields) bool {
	return len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0
}

func readSelector(known *selectorModel, selector client.SelectorFields) *selectorModel {
	if isEmpty(selector) {
		if known != nil && known.MatchLabels.IsNull() && known.MatchExpressions == nil {
			return known
		}
		return nil
	}
	read := selectorModel{MatchLabels: types.MapNull(types.StringType)}
	labels := map[string]string{}
	for _, label := range selector.MatchLabels {
		labels[label.Key] = label.Value
	}
	if len(labels) > 0 {
		read.MatchLabels = mapOf(labels)
	}
	for _, term := range selector.MatchExpressions {
		values := types.ListNull(types.StringType)
		if len(term.Values) > 0 {
			values = listOf(term.Values)
		}
		read.MatchExpressions = append(read.MatchExpressions, requirementModel{
			Key:      types.StringValue(term.Key),
			Operator: types.StringValue(term.Operator),
			Values:   values,
		})
	}
	return &read
}

// input is nil for no selector, which selects all.
func (m *selectorModel) input() *client.LabelSelectorInput {
	if m == nil {
		return nil
	}
	input := client.LabelSelectorInput{MatchLabels: labelInputs(m.MatchLabels), MatchExpressions: []client.LabelRequirementInput{}}
	for _, term := range m.MatchExpressions {
		input.MatchExpressions = append(input.MatchExpressions, client.LabelRequirementInput{
			Key:      term.Key.ValueString(),
			Operator: term.Operator.ValueString(),
			Values:   stringsOf(term.Values.Elements()),
		})
	}
	return &input
}
