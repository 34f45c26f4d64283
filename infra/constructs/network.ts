/** A network that only lets out: public subnets without NAT, a group without a way in, S3 and DynamoDB free of charge. */
import {
  GatewayVpcEndpointAwsService,
  SecurityGroup,
  SubnetType,
  Vpc,
  type ISubnet,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { explain } from './explain.ts';

/** More zones, more chances for a free GPU. */
const ZONES = 3;

export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  /** Nobody can reach what is in it. */
  readonly outboundOnly: SecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: ZONES,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true },
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    // CDK's own types disagree under exactOptionalPropertyTypes.
    this.vpc = vpc as IVpc;
    this.subnets = vpc.publicSubnets;
    this.outboundOnly = new SecurityGroup(this, 'OutboundOnly', {
      vpc: this.vpc,
      description: 'GPU machines ask a queue for work; nothing may come in',
      allowAllOutbound: true,
    });
    explain(
      vpc,
      'VPC7',
      'Machines live for minutes and accept no connection; flow logs would cost more than they tell.',
    );
  }
}
