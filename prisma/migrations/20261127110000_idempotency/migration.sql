-- What was answered to a mutation, for whoever sends it once more under the same key.
CREATE TABLE "idempotency_key" (
    "organization_id" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "claim_id" TEXT NOT NULL,
    "answer" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("organization_id","actor_id","key")
);

-- CreateIndex
CREATE INDEX "idempotency_key_organization_id_created_at_idx" ON "idempotency_key"("organization_id", "created_at");

ALTER TABLE "idempotency_key" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "idempotency_key" USING (organization_id = isthmus_organization());
