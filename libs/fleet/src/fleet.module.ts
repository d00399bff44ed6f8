import { Module } from '@nestjs/common';
import { AgentAuthority } from './authority.js';
import { ClusterService } from './clusters.js';
import { EnrolmentService } from './enrolment.js';
import { JoiningService } from './joining-records.js';
import { MeshService } from './meshes.js';
import { PresenceService } from './presence.js';

const services = [
  MeshService,
  ClusterService,
  AgentAuthority,
  EnrolmentService,
  JoiningService,
  PresenceService,
];

/** Meshes, clusters, and the identities of their agents. Needs the PlatformModule. */
@Module({ providers: services, exports: services })
export class FleetModule {}
