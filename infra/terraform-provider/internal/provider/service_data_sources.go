package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/isthmus/terraform-provider-isthmus/internal/client"
)

type servicesDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*servicesDataSource)(nil)

func newServicesDataSource() datasource.DataSource { return &servicesDataSource{} }

type servicesModel struct {
	MeshID    types.String   `tfsdk:"mesh_id"`
	Namespace types.String   `tfsdk:"namespace"`
	Services  []serviceModel `tfsdk:"services"`
}

type serviceModel struct {
	Host           types.String    `tfsdk:"host"`
	ClustersetHost types.String    `tfsdk:"clusterset_host"`
	Namespace      types.String    `tfsdk:"namespace"`
	Name           types.String    `tfsdk:"name"`
	Headless       types.Bool      `tfsdk:"headless"`
	Ports          []portModel     `tfsdk:"ports"`
	Exporters      []exporterModel `tfsdk:"exporters"`
}

type portModel struct {
	Name        types.String `tfsdk:"name"`
	Port        types.Int64  `tfsdk:"port"`
	Protocol    types.String `tfsdk:"protocol"`
	AppProtocol types.String `tfsdk:"app_protocol"`
}

type exporterModel struct {
	ClusterID      types.String `tfsdk:"cluster_id"`
	ClusterName    types.String `tfsdk:"cluster_name"`
	Network        types.String `tfsdk:"network"`
	ReadyEndpoints types.Int64  `tfsdk:"ready_endpoints"`
	Valid          types.Bool   `tfsdk:"valid"`
	Conflict       types.Bool   `tfsdk:"conflict"`
	Stale          types.Bool   `tfsdk:"stale"`
	Reason         types.String `tfsdk:"reason"`
}

func (d *servicesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_services"
}

func (d *servicesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	toldBool := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	}
	toldInt := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The services of a mesh, and who offers them.",
		Attributes: map[string]schema.Attribute{
			"mesh_id":   wanted("Id of the mesh."),
			"namespace": schema.StringAttribute{Optional: true, MarkdownDescription: "Only those of this namespace; all unless said."},
			"services": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "By host.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"host":            told("Such as `payments.shop.svc.cluster.local`."),
					"clusterset_host": told("Such as `payments.shop.svc.clusterset.local`."),
					"namespace":       told("Its namespace."),
					"name":            told("Its name."),
					"headless":        toldBool("Whether it is headless."),
					"ports": schema.ListNestedAttribute{
						Computed:            true,
						MarkdownDescription: "Its ports.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"name":         told("Of the port."),
							"port":         toldInt("Its number."),
							"protocol":     told("TCP or UDP."),
							"app_protocol": told("Empty when unset."),
						}},
					},
					"exporters": schema.ListNestedAttribute{
						Computed:            true,
						MarkdownDescription: "Clusters that offer it, in the order in which they came.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"cluster_id":      told("Id of the cluster."),
							"cluster_name":    told("Its name."),
							"network":         told("Its network."),
							"ready_endpoints": toldInt("Endpoints that are ready."),
							"valid":           toldBool("Whether the export stands."),
							"conflict":        toldBool("Whether it does not go with the exports of other clusters; `reason` says why."),
							"stale":           toldBool("Whether the cluster is out of contact: this is the last that was known."),
							"reason":          told("Null when the export stands."),
						}},
					},
				}},
			},
		},
	}
}

func (d *servicesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config servicesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	services, err := client.All(func(after *string) (page client.Page[serviceModel], err error) {
		list, err := client.ListServices(ctx, d.client, config.MeshID.ValueString(), after)
		if err != nil {
			return page, err
		}
		page.Info = list.Mesh.Services.PageInfo
		for _, edge := range list.Mesh.Services.Edges {
			page.Items = append(page.Items, toService(edge.Node))
		}
		return page, nil
	})
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the services", err)
		return
	}
	config.Services = []serviceModel{}
	for _, service := range services {
		if config.Namespace.IsNull() || config.Namespace.Equal(service.Namespace) {
			config.Services = append(config.Services, service)
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

func toService(service client.ServiceFields) serviceModel {
	model := serviceModel{
		Host:           types.StringValue(service.Host),
		ClustersetHost: types.StringValue(service.ClustersetHost),
		Namespace:      types.StringValue(service.Namespace),
		Name:           types.StringValue(service.Name),
		Headless:       types.BoolValue(service.Headless),
		Ports:          []portModel{},
		Exporters:      []exporterModel{},
	}
	for _, port := range service.Ports {
		model.Ports = append(model.Ports, portModel{
			Name:        types.StringValue(port.Name),
			Port:        types.Int64Value(int64(port.Port)),
			Protocol:    types.StringValue(port.Protocol),
			AppProtocol: types.StringValue(port.AppProtocol),
		})
	}
	for _, exporter := range service.Exporters {
		model.Exporters = append(model.Exporters, exporterModel{
			ClusterID:      types.StringValue(exporter.ClusterId),
			ClusterName:    types.StringValue(exporter.ClusterName),
			Network:        types.StringValue(exporter.Network),
			ReadyEndpoints: types.Int64Value(int64(exporter.ReadyEndpoints)),
			Valid:          types.BoolValue(exporter.Valid),
			Conflict:       types.BoolValue(exporter.Conflict),
			Stale:          types.BoolValue(exporter.Stale),
			Reason:         types.StringPointerValue(exporter.Reason),
		})
	}
	return model
}

type istioVersionsDataSource struct{ apiDataSource }

var _ datasource.DataSourceWithConfigure = (*istioVersionsDataSource)(nil)

func newIstioVersionsDataSource() datasource.DataSource { return &istioVersionsDataSource{} }

type istioVersionsModel struct {
	Versions []istioVersionModel `tfsdk:"versions"`
}

type istioVersionModel struct {
	Version   types.String `tfsdk:"version"`
	Minor     types.String `tfsdk:"minor"`
	Channels  types.List   `tfsdk:"channels"`
	Released  types.String `tfsdk:"released"`
	EndOfLife types.String `tfsdk:"end_of_life"`
	Verified  types.Bool   `tfsdk:"verified"`
}

func (d *istioVersionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_istio_versions"
}

func (d *istioVersionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Versions of Istio that the plane knows.",
		Attributes: map[string]schema.Attribute{
			"versions": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"version":     told("Such as `1.30.2`."),
					"minor":       told("Such as `1.30`."),
					"channels":    toldTexts("That lead to it now: " + wordsOf(client.AllUpgradeChannel) + "."),
					"released":    told("Date, such as `2026-05-12`; null if it is not known."),
					"end_of_life": told("Date, of the minor version; null if it is not known."),
					"verified":    schema.BoolAttribute{Computed: true, MarkdownDescription: "False: nobody looked it up, and no channel goes by it."},
				}},
			},
		},
	}
}

func (d *istioVersionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	read, err := client.ListIstioVersions(ctx, d.client)
	if err != nil {
		fail(ctx, &resp.Diagnostics, req.Config, "read the versions of Istio", err)
		return
	}
	model := istioVersionsModel{Versions: []istioVersionModel{}}
	for _, version := range read.IstioVersions {
		model.Versions = append(model.Versions, istioVersionModel{
			Version:   types.StringValue(version.Version),
			Minor:     types.StringValue(version.Minor),
			Channels:  listOf(enumTexts(version.Channels)),
			Released:  types.StringPointerValue(version.Released),
			EndOfLife: types.StringPointerValue(version.EndOfLife),
			Verified:  types.BoolValue(version.IsVerified),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
