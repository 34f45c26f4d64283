/** One Lambda as all of ours are: a bundled file, ARM, its own role and log group, and no right that is not given. */
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageFile from '../../package.json' with { type: 'json' };
import { bundleHandler } from '../bundle-handler.ts';

export interface HandlerProps {
  /** The *.lambda.ts, relative to the project. */
  entry: string;
  description: string;
  environment: Record<string, string>;
  timeout: Duration;
  memoryMb: number;
  /** Folder for bundles. */
  bundleFolder: string;
  /** Packages with native code: with them the Lambda is an image for Intel, built where the deployment runs. */
  nativePackages?: readonly string[];
}

export class Handler extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: HandlerProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    const { folder } = bundleHandler(props.entry, props.bundleFolder);
    const { nativePackages = [] } = props;
    const common = {
      description: props.description,
      role: this.role,
      logGroup,
      timeout: props.timeout,
      memorySize: props.memoryMb,
      environment: props.environment,
    };
    if (nativePackages.length === 0) {
      this.lambda = new LambdaFunction(this, 'Function', {
        ...common,
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        code: Code.fromAsset(folder),
        handler: 'index.handler',
      });
      return;
    }
    writeFileSync(join(folder, 'Dockerfile'), toDockerfile(nativePackages));
    this.lambda = new DockerImageFunction(this, 'Function', {
      ...common,
      architecture: Architecture.X86_64,
      code: DockerImageCode.fromImageAsset(folder, { platform: Platform.LINUX_AMD64 }),
    });
  }

  allow(actions: string[], resources: string[], conditions?: Record<string, unknown>): void {
    this.role.addToPolicy(
      new PolicyStatement({
        actions,
        resources,
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }
}

/** AWS's own image for Node, and the packages in the versions that the project pins. */
function toDockerfile(packages: readonly string[]): string {
  const versions: Readonly<Record<string, string>> = packageFile.dependencies;
  const pinned = packages.map((name) => `${name}@${versions[name]}`).join(' ');
  return [
    'FROM public.ecr.aws/lambda/nodejs:24',
    `RUN npm install --no-save --no-audit --no-fund ${pinned}`,
    'COPY index.mjs ./',
    'CMD ["index.handler"]',
    '',
  ].join('\n');
}
