// Package provider is what Terraform knows of Isthmus.
package provider

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

const (
	defaultRetries        = 6
	defaultRequestTimeout = 30 * time.Second
)

type isthmusProvider struct {
	version string
}

var _ provider.ProviderWithEphemeralResources = (*isthmusProvider)(nil)

// New makes the provider, by the version that it was built as.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &isthmusProvider{version: version} }
}

type providerModel struct {
	Endpoint       types.String `tfsdk:"endpoint"`
	Token          types.String `tfsdk:"token"`
	Organization   types.String `tfsdk:"organization"`
	MaxRetries     types.Int64  `tfsdk:"max_retries"`
	RequestTimeout types.String `tfsdk:"request_timeout"`
}

func (p *isthmusProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "isthmus"
	resp.Version = p.version
}

func (p *isthmusProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Isthmus is a hosted control plane for Istio: it makes the clusters of an organization behave as one mesh. " +
			"This provider manages meshes, their clusters, and what holds in them.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Address of the API, such as `https://isthmus.example.com`; `ISTHMUS_ENDPOINT` unless said.",
			},
			"token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "API token; `ISTHMUS_TOKEN` unless said. API tokens themselves are made by people alone: " +
					"`isthmus_api_token` needs a person's session token here.",
			},
			"organization": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Id of the organization that is meant, for people who belong to several; " +
					"`ISTHMUS_ORGANIZATION` unless said. An API token belongs to one.",
			},
			"max_retries": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(0, 20)},
				MarkdownDescription: fmt.Sprintf("How often a request is repeated that failed for the moment, 0 to 20; %d unless said. ", defaultRetries) +
					"Nothing takes effect twice by that.",
			},
			"request_timeout": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{isDuration},
				MarkdownDescription: "So long the API may take for one answer, such as `30s`, which it is unless said.",
			},
		},
	}
}

func (p *isthmusProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	options := client.Options{
		Endpoint:     setting(&resp.Diagnostics, config.Endpoint, "endpoint", "ISTHMUS_ENDPOINT"),
		Token:        setting(&resp.Diagnostics, config.Token, "token", "ISTHMUS_TOKEN"),
		Organization: config.Organization.ValueString(),
		Retries:      defaultRetries,
		Timeout:      defaultRequestTimeout,
		UserAgent:    fmt.Sprintf("terraform-provider-isthmus/%s Terraform/%s", p.version, req.TerraformVersion),
	}
	if config.Organization.IsNull() {
		options.Organization = os.Getenv("ISTHMUS_ORGANIZATION")
	}
	if !config.MaxRetries.IsNull() {
		options.Retries = int(config.MaxRetries.ValueInt64())
	}
	if timeout, err := time.ParseDuration(config.RequestTimeout.ValueString()); err == nil {
		options.Timeout = timeout
	}
	if resp.Diagnostics.HasError() {
		return
	}
	api, err := client.New(options)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("endpoint"), "Wrong endpoint", err.Error())
		return
	}
	resp.ResourceData = api
	resp.DataSourceData = api
	resp.EphemeralResourceData = api
}

// setting is what the configuration says, or else the environment. One of them has to.
func setting(diags *diag.Diagnostics, value types.String, name, variable string) string {
	if value.IsUnknown() {
		diags.AddAttributeError(path.Root(name), "Not known yet",
			fmt.Sprintf("The provider needs its %s while it plans. Apply what it is made of first, or set %s.", name, variable))
		return ""
	}
	said := value.ValueString()
	if value.IsNull() {
		said = os.Getenv(variable)
	}
	if said == "" {
		diags.AddAttributeError(path.Root(name), "Missing "+name, fmt.Sprintf("Set %s in the provider's configuration, or %s.", name, variable))
	}
	return said
}

func (p *isthmusProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newAPITokenResource,
		newClusterResource,
		newConfigurationResource,
		newExportPolicyResource,
		newHostGrantResource,
		newMeshResource,
		newRolloutPolicyResource,
		newUpgradeSettingsResource,
		newWebhookResource,
	}
}

func (p *isthmusProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newAPITokenEphemeral, newJoinTokenEphemeral}
}

func (p *isthmusProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newAgentInstallationDataSource,
		newClusterDataSource,
		newClustersDataSource,
		newIstioVersionsDataSource,
		newMeshDataSource,
		newMeshesDataSource,
		newOrganizationDataSource,
		newServicesDataSource,
	}
}
