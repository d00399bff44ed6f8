-- What happened in meshes, and the webhooks that tell of it.

-- CreateTable
CREATE TABLE "event" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT,
    "type" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_mark" (
    "mesh_id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mark" TEXT NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_mark_pkey" PRIMARY KEY ("mesh_id","subject")
);

-- CreateTable
CREATE TABLE "webhook" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "mesh_id" TEXT,
    "types" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "mesh_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "status" INTEGER,
    "reason" TEXT,
    "detail" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_clock" (
    "webhook_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "next_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "delivery_clock_pkey" PRIMARY KEY ("webhook_id")
);

-- CreateIndex
CREATE INDEX "delivery_clock_next_at_idx" ON "delivery_clock"("next_at");

-- CreateIndex
CREATE INDEX "delivery_clock_organization_id_idx" ON "delivery_clock"("organization_id");

-- CreateIndex
CREATE INDEX "event_mesh_id_id_idx" ON "event"("mesh_id", "id");

-- CreateIndex
CREATE INDEX "event_mesh_id_type_id_idx" ON "event"("mesh_id", "type", "id");

-- CreateIndex
CREATE INDEX "event_organization_id_at_idx" ON "event"("organization_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_organization_id_name_key" ON "webhook"("organization_id", "name");

-- CreateIndex
CREATE INDEX "webhook_mesh_id_idx" ON "webhook"("mesh_id");

-- CreateIndex
CREATE INDEX "webhook_delivery_webhook_id_id_idx" ON "webhook_delivery"("webhook_id", "id");

-- CreateIndex
CREATE INDEX "webhook_delivery_webhook_id_next_at_idx" ON "webhook_delivery"("webhook_id", "next_at");

-- CreateIndex
CREATE INDEX "webhook_delivery_organization_id_created_at_idx" ON "webhook_delivery"("organization_id", "created_at");

-- CreateIndex
CREATE INDEX "webhook_delivery_event_id_idx" ON "webhook_delivery"("event_id");

-- CreateIndex
CREATE INDEX "webhook_delivery_mesh_id_idx" ON "webhook_delivery"("mesh_id");

-- Workers walk it for all. Releases before this one start on no table without a policy.
ALTER TABLE "delivery_clock" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON "delivery_clock" USING (true);
ALTER TABLE "event" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "event" USING (organization_id = isthmus_organization());
ALTER TABLE "event_mark" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "event_mark" USING (organization_id = isthmus_organization());
ALTER TABLE "webhook" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "webhook" USING (organization_id = isthmus_organization());
ALTER TABLE "webhook_delivery" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "webhook_delivery" USING (organization_id = isthmus_organization());
