import { connectFirstParty } from '../first-party.ts';

connectFirstParty();
