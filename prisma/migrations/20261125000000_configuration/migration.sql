-- Columns that the version before does not know have defaults: it goes on without them.
ALTER TABLE "api_token" ADD COLUMN "namespaces" TEXT[] DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "cluster" ADD COLUMN "labels" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN "inventory_request" TEXT;

-- CreateTable
CREATE TABLE "mesh_configuration" (
    "mesh_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "current_release_id" TEXT,
    "last_number" INTEGER NOT NULL DEFAULT 0,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "drift_policy" TEXT NOT NULL DEFAULT 'revert',
    "rollout_policy" JSONB,

    CONSTRAINT "mesh_configuration_pkey" PRIMARY KEY ("mesh_id")
);

-- CreateTable
CREATE TABLE "release" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "objects" INTEGER NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_by_kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "release_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "release_content" (
    "release_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "files" JSONB NOT NULL,
    "objects" JSONB NOT NULL,
    "overrides" JSONB NOT NULL,
    "warnings" JSONB NOT NULL,

    CONSTRAINT "release_content_pkey" PRIMARY KEY ("release_id")
);

-- CreateTable
CREATE TABLE "cluster_release" (
    "cluster_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "release_id" TEXT NOT NULL,
    "fence" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_release_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "rollout" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "release_id" TEXT NOT NULL,
    "from_release_id" TEXT,
    "message" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "plan" JSONB,
    "state" TEXT NOT NULL,
    "stage" TEXT NOT NULL DEFAULT 'trial',
    "wave" INTEGER NOT NULL DEFAULT 0,
    "step" INTEGER NOT NULL DEFAULT 0,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "reason" TEXT,
    "detail" TEXT,
    "created_by" TEXT NOT NULL,
    "created_by_kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "stage_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "rollout_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollout_event" (
    "rollout_id" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "organization_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "wave" INTEGER,
    "message" TEXT NOT NULL,
    "actor" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rollout_event_pkey" PRIMARY KEY ("rollout_id","step")
);

-- CreateIndex
CREATE UNIQUE INDEX "release_mesh_id_number_key" ON "release"("mesh_id", "number");

-- CreateIndex
CREATE INDEX "cluster_release_mesh_id_idx" ON "cluster_release"("mesh_id");

-- CreateIndex
CREATE INDEX "rollout_mesh_id_id_idx" ON "rollout"("mesh_id", "id");

-- One at a time: whatever a program believes, the database has no second.
CREATE UNIQUE INDEX "rollout_active_key" ON "rollout"("mesh_id") WHERE "state" IN ('RUNNING', 'PAUSED', 'HALTED');

ALTER TABLE "mesh_configuration" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "mesh_configuration" USING (organization_id = isthmus_organization());
ALTER TABLE "release" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "release" USING (organization_id = isthmus_organization());
ALTER TABLE "release_content" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "release_content" USING (organization_id = isthmus_organization());
ALTER TABLE "cluster_release" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "cluster_release" USING (organization_id = isthmus_organization());
ALTER TABLE "rollout" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "rollout" USING (organization_id = isthmus_organization());
ALTER TABLE "rollout_event" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "rollout_event" USING (organization_id = isthmus_organization());
