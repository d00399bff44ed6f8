-- Which image the agents of a mesh are to run as, and what each was told of it.
ALTER TABLE "upgrade_settings" ADD COLUMN "agent" JSONB;

-- CreateTable
CREATE TABLE "cluster_agent" (
    "cluster_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "fence" BIGINT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_agent_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateIndex
CREATE INDEX "cluster_agent_mesh_id_idx" ON "cluster_agent"("mesh_id");

ALTER TABLE "cluster_agent" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "cluster_agent" USING (organization_id = isthmus_organization());
