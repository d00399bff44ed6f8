-- On whose behalf a transaction runs. Unset reads as NULL, and NULL equals nothing.
CREATE FUNCTION isthmus_organization() RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('isthmus.organization_id', true), '');
CREATE FUNCTION isthmus_user() RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('isthmus.user_id', true), '');

-- CreateTable
CREATE TABLE "user" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "issuer" TEXT,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification" (
    "id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "platform_key" (
    "kind" TEXT NOT NULL,
    "certificate" TEXT NOT NULL,
    "encrypted_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "platform_key_pkey" PRIMARY KEY ("kind")
);

-- CreateTable
CREATE TABLE "mesh_clock" (
    "mesh_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "revision" BIGINT NOT NULL DEFAULT 0,
    "settings" BIGINT NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mesh_clock_pkey" PRIMARY KEY ("mesh_id")
);

-- CreateTable
CREATE TABLE "organization" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "membership" (
    "organization_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "membership_pkey" PRIMARY KEY ("organization_id","user_id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mesh" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "trust_domain" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mesh_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'kubernetes',
    "network" TEXT NOT NULL,
    "locality" TEXT NOT NULL,
    "cidrs" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),
    "active_serial" TEXT,
    "locked_at" TIMESTAMPTZ(3),
    "lock_reason" TEXT,
    "connected_at" TIMESTAMPTZ(3),
    "last_contact_at" TIMESTAMPTZ(3),
    "disconnected_at" TIMESTAMPTZ(3),
    "reported_by" TEXT,
    "contested_since" TIMESTAMPTZ(3),
    "held_removals" TEXT[],
    "held_releases" INTEGER NOT NULL DEFAULT 0,
    "recoveries" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "join_token" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "used_key_hash" BYTEA,
    "certificate" TEXT,

    CONSTRAINT "join_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_certificate" (
    "serial" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "renews" TEXT,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,

    CONSTRAINT "agent_certificate_pkey" PRIMARY KEY ("serial")
);

-- CreateTable
CREATE TABLE "fact" (
    "cluster_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "revision" BIGINT NOT NULL,
    "since" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "withdrawn_at" TIMESTAMPTZ(3),

    CONSTRAINT "fact_pkey" PRIMARY KEY ("cluster_id","type","name")
);

-- CreateTable
CREATE TABLE "export_policy" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "namespace_selector" JSONB NOT NULL,
    "service_selector" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "export_policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "host_grant" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "cluster_ids" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "host_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mesh_root" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "certificate" TEXT NOT NULL,
    "encrypted_key" BYTEA NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "mesh_root_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_certificate" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "mesh_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "root_id" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "certificate" TEXT NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "signing_certificate_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_key" ON "session"("token");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "account_user_id_idx" ON "account"("user_id");

-- CreateIndex
CREATE INDEX "verification_identifier_idx" ON "verification"("identifier");

-- CreateIndex
CREATE INDEX "membership_user_id_idx" ON "membership"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_secret_hash_key" ON "api_token"("secret_hash");

-- CreateIndex
CREATE INDEX "api_token_organization_id_id_idx" ON "api_token"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "mesh_organization_id_name_key" ON "mesh"("organization_id", "name");

-- CreateIndex
CREATE INDEX "cluster_organization_id_id_idx" ON "cluster"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_mesh_id_name_key" ON "cluster"("mesh_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "join_token_secret_hash_key" ON "join_token"("secret_hash");

-- CreateIndex
CREATE INDEX "join_token_organization_id_cluster_id_idx" ON "join_token"("organization_id", "cluster_id");

-- CreateIndex
CREATE INDEX "agent_certificate_organization_id_cluster_id_idx" ON "agent_certificate"("organization_id", "cluster_id");

-- CreateIndex
CREATE INDEX "fact_mesh_id_revision_idx" ON "fact"("mesh_id", "revision");

-- CreateIndex
CREATE INDEX "fact_mesh_id_type_name_idx" ON "fact"("mesh_id", "type", "name");

-- CreateIndex
CREATE UNIQUE INDEX "export_policy_mesh_id_name_key" ON "export_policy"("mesh_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "host_grant_mesh_id_namespace_service_key" ON "host_grant"("mesh_id", "namespace", "service");

-- CreateIndex
CREATE INDEX "mesh_root_organization_id_mesh_id_idx" ON "mesh_root"("organization_id", "mesh_id");

-- CreateIndex
CREATE INDEX "signing_certificate_organization_id_mesh_id_idx" ON "signing_certificate"("organization_id", "mesh_id");

-- CreateIndex
CREATE UNIQUE INDEX "signing_certificate_cluster_id_key_id_key" ON "signing_certificate"("cluster_id", "key_id");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- Tenants: forced, so that it binds the owner too.
ALTER TABLE "organization" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "organization" USING (id = isthmus_organization());
ALTER TABLE "membership" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "membership" USING (organization_id = isthmus_organization());
ALTER TABLE "api_token" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "api_token" USING (organization_id = isthmus_organization());
ALTER TABLE "mesh" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "mesh" USING (organization_id = isthmus_organization());
ALTER TABLE "cluster" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "cluster" USING (organization_id = isthmus_organization());
ALTER TABLE "join_token" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "join_token" USING (organization_id = isthmus_organization());
ALTER TABLE "agent_certificate" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "agent_certificate" USING (organization_id = isthmus_organization());
ALTER TABLE "fact" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "fact" USING (organization_id = isthmus_organization());
ALTER TABLE "export_policy" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "export_policy" USING (organization_id = isthmus_organization());
ALTER TABLE "host_grant" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "host_grant" USING (organization_id = isthmus_organization());
ALTER TABLE "mesh_root" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "mesh_root" USING (organization_id = isthmus_organization());
ALTER TABLE "signing_certificate" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "signing_certificate" USING (organization_id = isthmus_organization());

-- A person reads their own memberships, and the organizations these lead to.
CREATE POLICY person ON "membership" FOR SELECT USING (user_id = isthmus_user());
CREATE POLICY person ON "organization" FOR SELECT
  USING (id IN (SELECT m.organization_id FROM membership m WHERE m.user_id = isthmus_user()));

GRANT USAGE ON SCHEMA public TO isthmus_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO isthmus_service;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON "_prisma_migrations" FROM isthmus_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO isthmus_service;
