ALTER TABLE "cluster" ADD COLUMN "channel" TEXT;

-- CreateTable
CREATE TABLE "upgrade_settings" (
    "mesh_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "windows" JSONB NOT NULL DEFAULT '[]',
    "freezes" JSONB NOT NULL DEFAULT '[]',
    "max_in_flight" INTEGER NOT NULL DEFAULT 5,
    "require_approval" BOOLEAN NOT NULL DEFAULT false,
    "policy" JSONB,
    "charts" JSONB,

    CONSTRAINT "upgrade_settings_pkey" PRIMARY KEY ("mesh_id")
);

-- CreateTable
CREATE TABLE "cluster_istio" (
    "cluster_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "fence" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_istio_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "upgrade" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "to_version" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "waves" JSONB NOT NULL,
    "findings" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "wave" INTEGER NOT NULL DEFAULT 0,
    "step" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "detail" TEXT,
    "created_by" TEXT NOT NULL,
    "created_by_kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "upgrade_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upgrade_cluster" (
    "upgrade_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "wave" INTEGER NOT NULL,
    "hops" JSONB NOT NULL,
    "hop" INTEGER NOT NULL DEFAULT 0,
    "stage" TEXT NOT NULL,
    "befores" JSONB NOT NULL DEFAULT '[]',
    "held" BOOLEAN NOT NULL DEFAULT false,
    "step" INTEGER NOT NULL DEFAULT 0,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "stage_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT,
    "detail" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "upgrade_cluster_pkey" PRIMARY KEY ("upgrade_id","cluster_id")
);

-- CreateTable
CREATE TABLE "upgrade_event" (
    "id" TEXT NOT NULL,
    "upgrade_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "cluster_id" TEXT,
    "step" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "actor" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upgrade_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "cluster_istio_mesh_id_idx" ON "cluster_istio"("mesh_id");

-- CreateIndex
CREATE INDEX "upgrade_mesh_id_id_idx" ON "upgrade"("mesh_id", "id");

-- CreateIndex
CREATE INDEX "upgrade_cluster_cluster_id_idx" ON "upgrade_cluster"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "upgrade_event_upgrade_id_cluster_id_step_key" ON "upgrade_event"("upgrade_id", "cluster_id", "step");

-- CreateIndex
CREATE INDEX "upgrade_event_upgrade_id_id_idx" ON "upgrade_event"("upgrade_id", "id");

-- AddForeignKey
ALTER TABLE "upgrade_cluster" ADD CONSTRAINT "upgrade_cluster_upgrade_id_fkey" FOREIGN KEY ("upgrade_id") REFERENCES "upgrade"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One under way in a mesh: whatever a program believes, the database has no second.
CREATE UNIQUE INDEX "upgrade_active_key" ON "upgrade"("mesh_id") WHERE "state" IN ('RUNNING', 'PAUSED', 'HALTED', 'ROLLING_BACK');

-- A step is told once, whoever takes it, and of the upgrade as a whole, too.
CREATE UNIQUE INDEX "upgrade_event_step_key" ON "upgrade_event"("upgrade_id", "step") WHERE "cluster_id" IS NULL;

ALTER TABLE "upgrade_settings" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "upgrade_settings" USING (organization_id = isthmus_organization());
ALTER TABLE "cluster_istio" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "cluster_istio" USING (organization_id = isthmus_organization());
ALTER TABLE "upgrade" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "upgrade" USING (organization_id = isthmus_organization());
ALTER TABLE "upgrade_cluster" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "upgrade_cluster" USING (organization_id = isthmus_organization());
ALTER TABLE "upgrade_event" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "upgrade_event" USING (organization_id = isthmus_organization());
