-- The last attempt to join: a few columns of the cluster, so that attempts never add up to anything.
ALTER TABLE "cluster" ADD COLUMN "attempted_at" TIMESTAMPTZ(3),
ADD COLUMN "attempt_code" TEXT,
ADD COLUMN "attempt_version" TEXT,
ADD COLUMN "clock_skew" INTEGER;
