import { Module } from '@nestjs/common';
import { BundleCompiler } from './bundle-compiler.js';
import { ConfigurationSource } from './configuration-source.js';
import { ReleaseContents } from './contents.js';
import { DriftService } from './drift.js';
import { InventoryService } from './inventories.js';
import { ConfigurationSettingsService } from './mesh-settings.js';
import { PreviewService } from './previews.js';
import { ReleaseService } from './releases.js';
import { RolloutDriver } from './rollout-driver.js';
import { RolloutService } from './rollouts.js';

const services = [
  BundleCompiler,
  ConfigurationSettingsService,
  ConfigurationSource,
  DriftService,
  InventoryService,
  PreviewService,
  ReleaseContents,
  ReleaseService,
  RolloutDriver,
  RolloutService,
];

/** The configuration of meshes: releases and rollouts. Needs the PlatformModule. */
@Module({ providers: services, exports: services })
export class ReleasesModule {}
